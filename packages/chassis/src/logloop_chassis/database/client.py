"""Creates MongoDB clients whose acknowledged writes survive a kill."""

from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

Document = dict[str, Any]
Database = AsyncDatabase[Document]


def connect(url: str, *, app_name: str) -> AsyncMongoClient[Document]:
    """Return a client of a replica set with majority, journaled writes and 10 s per call. It connects lazily."""
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
