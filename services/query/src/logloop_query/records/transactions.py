"""One transaction around what several stores read and write.

It must not know a collection. A bound session (`AsyncClientSession.bind`) does not do: PyMongo 4.20 then sends the
client's write concern along, which MongoDB refuses within a transaction. So each call that may be part of one
passes `session=joined()`.
"""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TypeVar

from logloop_chassis.database.client import Document
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession

T = TypeVar("T")
_session: ContextVar[AsyncClientSession | None] = ContextVar("session", default=None)


def joined() -> AsyncClientSession | None:
    """The session of the transaction that this is called within, None outside of one."""
    return _session.get()


async def in_one_transaction(client: AsyncMongoClient[Document], work: Callable[[], Awaitable[T]]) -> T:
    """Make what `work` does in the stores one transaction. It may run again after a conflict."""

    async def within(session: AsyncClientSession) -> T:
        token = _session.set(session)
        try:
            return await work()
        finally:
            _session.reset(token)

    async with client.start_session() as session:
        return await session.with_transaction(within)
