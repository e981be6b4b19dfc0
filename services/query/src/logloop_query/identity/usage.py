"""Records the last use of API keys, and extends sessions that are in use."""

from collections.abc import Sequence
from datetime import datetime

from logloop_chassis.auth.principal import Principal
from logloop_chassis.background import BackgroundWrites
from logloop_chassis.ids import utc_now

from logloop_query.identity.api_keys import ApiKeys
from logloop_query.identity.sessions import Sessions


class UsageRecorder:
    """Implements `ports.KeyUsage` for keys that sent logs, and observes the callers of this service."""

    def __init__(self, api_keys: ApiKeys, sessions: Sessions, writes: BackgroundWrites) -> None:
        self._api_keys = api_keys
        self._sessions = sessions
        self._writes = writes

    async def record_keys(self, key_ids: Sequence[str], at: datetime) -> None:
        """Note that logs were sent with these keys."""
        due = self._api_keys.due(key_ids)
        if due:
            await self._api_keys.set_last_use(due, at)

    def record_caller(self, principal: Principal) -> None:
        """Note a request of a caller, in the background."""
        if principal.kind == "key":
            due = self._api_keys.due([principal.id])
            if due:
                self._writes.start(self._api_keys.set_last_use(due, utc_now()))
        elif principal.session_id is not None and self._sessions.needs_extension(principal.session_id):
            self._writes.start(self._sessions.extend(principal.session_id))
