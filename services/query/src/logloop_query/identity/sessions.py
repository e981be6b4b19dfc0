"""Sessions of signed-in users: made at sign-in, extended by use, ended by sign-out or by their age.

It must not check passwords, and never keeps a token: only its hash is stored.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.crypto import session_hash

from logloop_query.identity.stores.sessions import SessionStore
from logloop_query.records.types import now

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=7)
_EXTEND_EVERY = timedelta(minutes=5)
_MAX_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that has just begun. The token goes into the cookie and nowhere else."""

    token: str
    session_id: str
    expires_at: datetime


class Sessions:
    """Begins, extends and ends sessions."""

    def __init__(self, store: SessionStore, authenticator: Authenticator) -> None:
        self._store = store
        self._authenticator = authenticator
        self._extended: dict[str, datetime] = {}

    async def begin(self, user_id: str, ip: str | None, user_agent: str | None) -> NewSession:
        """A new session under a new token."""
        token = secrets.token_urlsafe(32)
        session_id, moment = session_hash(token), now()
        expires_at = moment + ABSOLUTE
        await self._store.create(
            {
                "_id": session_id,
                "user_id": user_id,
                "created_at": moment,
                "last_seen_at": moment,
                "expires_at": expires_at,
                "idle_expires_at": moment + IDLE,
                "ip": ip,
                "user_agent": (user_agent or "")[:200],
            }
        )
        return NewSession(token, session_id, expires_at)

    async def end(self, session_id: str) -> None:
        """End one session."""
        await self._store.remove(session_id)
        self._authenticator.forget("sessions", session_id)

    async def end_all(self, user_id: str) -> int:
        """End every session of a user; how many there were."""
        ids = await self._store.remove_of_user(user_id)
        for session_id in ids:
            self._authenticator.forget("sessions", session_id)
        return len(ids)

    async def ends(self, session_id: str) -> datetime | None:
        """When a session ends whatever happens."""
        document = await self._store.find(session_id)
        return None if document is None else document["expires_at"]

    def due(self, session_id: str) -> bool:
        """Whether this use of a session should move its idle end; at most every five minutes."""
        moment = now()
        last = self._extended.get(session_id)
        if last is not None and moment - last < _EXTEND_EVERY:
            return False
        if len(self._extended) >= _MAX_REMEMBERED:
            self._extended.clear()
        self._extended[session_id] = moment
        return True

    async def extend(self, session_id: str) -> None:
        """Move the idle end of a session to twelve hours from now."""
        moment = now()
        await self._store.extend(session_id, moment + IDLE, moment)
