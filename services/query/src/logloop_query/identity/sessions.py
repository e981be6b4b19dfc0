"""Starts, extends and ends the sessions of signed-in users. Only the hash of a token is stored."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cachetools import TTLCache
from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.crypto import session_hash
from logloop_chassis.database.client import Document
from logloop_chassis.ids import utc_now

from logloop_query.identity.stores.sessions import SessionStore

IDLE_LIFETIME = timedelta(hours=12)
MAX_LIFETIME = timedelta(days=7)
_EXTEND_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that has just started. The token goes into the cookie and nowhere else."""

    token: str
    session_id: str
    user_id: str
    expires_at: datetime
    must_set_up_two_factor: bool = False


class Sessions:
    """Sessions by the hash of their token."""

    def __init__(self, store: SessionStore, authenticator: Authenticator) -> None:
        self._store = store
        self._authenticator = authenticator
        self._extended: TTLCache[str, bool] = TTLCache(10_000, _EXTEND_EVERY.total_seconds())

    async def start(
        self,
        user_id: str,
        ip: str | None,
        user_agent: str | None,
        *,
        must_set_up_two_factor: bool = False,
        provider: Mapping[str, str | None] | None = None,
    ) -> NewSession:
        """Start a session with a new token. Without a second factor that is required, it only allows its set-up.

        `provider`: what signing out at the identity provider needs; None for a user with a password.
        """
        token, now = secrets.token_urlsafe(32), utc_now()
        session = NewSession(token, session_hash(token), user_id, now + MAX_LIFETIME, must_set_up_two_factor)
        await self._store.create(
            {
                "_id": session.session_id,
                "user_id": user_id,
                "created_at": now,
                "last_seen_at": now,
                "expires_at": session.expires_at,
                "idle_expires_at": now + IDLE_LIFETIME,
                "ip": ip,
                "user_agent": (user_agent or "")[:200],
                "must_set_up_two_factor": must_set_up_two_factor,
                "provider": provider,
            }
        )
        return session

    async def end_token(self, token: str | None) -> None:
        """End the session of a token, if there is one."""
        if token:
            await self.end(session_hash(token))

    async def end(self, session_id: str) -> None:
        """End one session."""
        await self._store.delete(session_id)
        self._authenticator.forget("sessions", session_id)

    async def end_all(self, user_id: str) -> int:
        """End every session of a user and return their number."""
        ids = await self._store.delete_of_user(user_id)
        for session_id in ids:
            self._authenticator.forget("sessions", session_id)
        return len(ids)

    async def require_two_factor(self, user_ids: Sequence[str], *, required: bool) -> None:
        """Let the open sessions of users with a password allow nothing but the set-up of a second factor, or all."""
        for session_id in await self._store.require_two_factor(user_ids, required=required):
            self._authenticator.forget("sessions", session_id)

    async def find(self, session_id: str) -> Document | None:
        """Return a session."""
        return await self._store.find(session_id)

    async def expires_at(self, session_id: str) -> datetime | None:
        """Return when a session ends at the latest."""
        document = await self._store.find(session_id)
        return None if document is None else document["expires_at"]

    def needs_extension(self, session_id: str) -> bool:
        """Return True for the first use of a session within five minutes."""
        if session_id in self._extended:
            return False
        self._extended[session_id] = True
        return True

    async def extend(self, session_id: str) -> None:
        """Let a session end twelve hours from now unless it is used again."""
        now = utc_now()
        await self._store.extend(session_id, now + IDLE_LIFETIME, now)
