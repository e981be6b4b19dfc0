"""Keeps sign-ins that are not complete: those that wait for a code, and those that wait for a provider.

The token of a sign-in is random and stored only as a hash. It is valid for minutes, for one step, once.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from logloop_chassis.crypto import session_hash
from logloop_chassis.database.client import Document
from logloop_chassis.ids import utc_now

from logloop_query.identity.stores.sign_in import PendingStore

Step = Literal["code", "provider"]
WITHIN: Mapping[Step, timedelta] = {"code": timedelta(minutes=5), "provider": timedelta(minutes=10)}


class PendingSignIns:
    """Sign-ins by the hash of their token."""

    def __init__(self, store: PendingStore) -> None:
        self._store = store

    async def begin(self, step: Step, fields: Mapping[str, Any]) -> str:
        """Keep a sign-in and return its token."""
        token, now = secrets.token_urlsafe(32), utc_now()
        await self._store.create(
            {**fields, "_id": session_hash(token), "step": step, "created_at": now, "expires_at": now + WITHIN[step]}
        )
        return token

    async def find(self, step: Step, token: str) -> Document | None:
        """Return a sign-in that waits for a step."""
        return await self._store.find(session_hash(token), step, utc_now())

    async def take(self, step: Step, token: str) -> Document | None:
        """Return a sign-in and forget it, so that its token works once."""
        return await self._store.take(session_hash(token), step, utc_now())

    async def end_all(self, user_id: str) -> None:
        """Forget every sign-in of a user."""
        await self._store.delete_of_user(user_id)
