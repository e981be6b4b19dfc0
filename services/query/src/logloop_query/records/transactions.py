"""Runs reads and writes of several stores in one MongoDB transaction.

Each store call that may take part passes `session=current_session()`. Binding the session to the client
(`AsyncClientSession.bind`) does not work: PyMongo 4.20 then sends the client's write concern with each operation,
which MongoDB rejects inside a transaction.
"""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TypeVar

from logloop_chassis.database.client import Document
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession

T = TypeVar("T")
_session: ContextVar[AsyncClientSession | None] = ContextVar("session", default=None)


def current_session() -> AsyncClientSession | None:
    """Return the session of the running transaction, None outside a transaction."""
    return _session.get()


async def run_in_transaction(client: AsyncMongoClient[Document], work: Callable[[], Awaitable[T]]) -> T:
    """Run the store calls of `work` in one transaction. After a conflict `work` runs again."""

    async def within(session: AsyncClientSession) -> T:
        token = _session.set(session)
        try:
            return await work()
        finally:
            _session.reset(token)

    async with client.start_session() as session:
        return await session.with_transaction(within)
