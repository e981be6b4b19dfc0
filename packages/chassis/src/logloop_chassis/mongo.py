"""The MongoDB client with the write concern that survives a kill, and what counts as an outage.

It must not know a collection.
"""

from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    AutoReconnect,
    ConnectionFailure,
    ExecutionTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)

Document = dict[str, Any]
Database = AsyncDatabase[Document]
_AUTHENTICATION_FAILED = 18


def connect(url: str, *, app_name: str) -> AsyncMongoClient[Document]:
    """A client of a replica set: majority and journaled writes, 10 s a call. Connects at the first call."""
    return AsyncMongoClient(
        url,
        w="majority",
        journal=True,
        retryWrites=True,
        serverSelectionTimeoutMS=5000,
        connectTimeoutMS=5000,
        timeoutMS=10_000,
        maxPoolSize=50,
        appname=f"logloop-{app_name}",
        tz_aware=True,
        compressors=[],
    )


def is_outage(error: BaseException) -> bool:
    """Whether an error means that MongoDB is away or slow, so that the same call may succeed later."""
    if isinstance(error, AutoReconnect | ConnectionFailure | NotPrimaryError | ServerSelectionTimeoutError):
        return True
    if isinstance(error, WTimeoutError | ExecutionTimeout):
        return True
    if isinstance(error, OperationFailure) and error.code == _AUTHENTICATION_FAILED:
        return True  # a node that does not know our user is another one on our database's address
    return isinstance(error, PyMongoError) and (error.timeout or error.has_error_label("RetryableWriteError"))
