"""A batch that was not confirmed is not remembered."""

import asyncio

from logloop_ingest.batching.duplicates import Repeats, digest_of

BODY = digest_of(b"entries")


async def test_a_confirm_that_failed_is_never_found_and_does_not_take_its_successor_along() -> None:
    repeats, loop = Repeats(), asyncio.get_running_loop()
    failed, later = loop.create_future(), loop.create_future()
    repeats.remember("batch", BODY, failed)
    assert repeats.find("batch", BODY) is failed
    failed.cancel()
    assert repeats.find("batch", BODY) is None
    repeats.remember("batch", BODY, later)
    await asyncio.sleep(0)  # the callbacks of the first have run
    assert repeats.find("batch", BODY) is later
