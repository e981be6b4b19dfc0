"""Only confirmed and pending batches are remembered."""

import asyncio

from logloop_ingest.batching.duplicates import RecentBatches, digest_of

BODY = digest_of(b"entries")


async def test_a_failed_confirm_is_not_found_and_does_not_remove_its_successor() -> None:
    recent, loop = RecentBatches(), asyncio.get_running_loop()
    failed, later = loop.create_future(), loop.create_future()
    recent.remember("batch", BODY, failed)
    assert recent.find("batch", BODY) is failed
    failed.cancel()
    assert recent.find("batch", BODY) is None
    recent.remember("batch", BODY, later)
    await asyncio.sleep(0)  # runs the callbacks of the first
    assert recent.find("batch", BODY) is later
