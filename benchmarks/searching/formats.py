"""Writes the stored logs of the testbed once more in format 1, as a second project, for comparison."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from logloop_chassis.database.client import connect
from logloop_query.logs.compaction import JOB
from logloop_query.logs.segments.codec import decode_segment
from logloop_query.logs.stores.leases import LeaseStore
from logloop_query.logs.stores.segment_documents import StoredSegment
from logloop_query.logs.stores.segments import SegmentStore

from benchmarks.testbed import DATABASE, PROJECT, Testbed
from tests.format_1 import segment_document

FORMAT_1_PROJECT = f"{PROJECT}-format-1"
_HOLDER = "benchmark"
_LEASE_S = 3600.0


@dataclass(frozen=True)
class Copied:
    """The logs written in format 1, and the bytes of their columns per log in both formats."""

    logs: int
    bytes_per_log: float
    format_1_bytes_per_log: float


@contextlib.contextmanager
def copy_in_format_1(testbed: Testbed) -> Iterator[Copied]:
    """Write every segment of the project again, and restart query. Afterwards, delete the second project's logs.

    Nothing compacts segments in the meantime, or the second project would not keep its format.
    """
    testbed.platform.make_project(FORMAT_1_PROJECT)
    testbed.platform["query"].terminate(60.0)
    copied = asyncio.run(_copy(testbed.mongo.url))
    testbed.platform["query"].start()
    try:
        yield copied
    finally:
        with testbed.mongo_client() as client:
            client[DATABASE]["segments"].delete_many({"project_id": FORMAT_1_PROJECT})
            client[DATABASE]["leases"].delete_one({"_id": JOB, "holder": _HOLDER})


async def _copy(mongo_url: str) -> Copied:
    client = connect(mongo_url, app_name="benchmark")
    try:
        database = client[DATABASE]
        if not await LeaseStore(database).take(JOB, _HOLDER, _LEASE_S):
            raise RuntimeError("another process compacts segments; their lease was not free after query had stopped")
        store = SegmentStore(database)
        logs = size = size_1 = 0
        chosen = {"project_id": PROJECT, "count": {"$gt": 0}}
        for segment_id in [item["_id"] async for item in database["segments"].find(chosen, {"_id": 1})]:
            (stored,) = await store.load([segment_id])
            document = _in_format_1(stored)
            await database["segments"].insert_one(document)
            logs += document["count"]
            size += stored.segment.stored_bytes
            size_1 += document["size"]
        return Copied(logs, size / logs, size_1 / logs)
    finally:
        await client.close()


def _in_format_1(stored: StoredSegment) -> dict[str, Any]:
    return segment_document(
        f"{stored.id}-1",
        FORMAT_1_PROJECT,
        stored.segment.hour,
        stored.segment.parts,
        decode_segment(stored.segment),
        stored_at=stored.stored_at,
        expires_at=stored.expires_at,
    )
