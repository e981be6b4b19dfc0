"""Events of one analysis are handled in the order of delivery, those of others concurrently."""

import asyncio
from typing import Any

from logloop_contracts.analyses import AnalysisProgress
from logloop_contracts.envelope import Event
from logloop_query.analyses.consumer import PerAnalysisLocks


def _event(analysis_id: str, seq: int) -> Event[Any]:
    data = AnalysisProgress(analysis_id=analysis_id, seq=seq, stage="reading")
    return Event[AnalysisProgress](source="/test", type="x", projectid="shop", data=data)


async def test_a_slow_event_delays_only_its_own_analysis() -> None:
    handled: list[tuple[str, int]] = []
    slow = asyncio.Event()

    async def handle(event: Event[Any]) -> None:
        if (event.data.analysis_id, event.data.seq) == ("a", 1):
            await slow.wait()
        handled.append((event.data.analysis_id, event.data.seq))
        if event.data.analysis_id == "b":
            slow.set()

    locks = PerAnalysisLocks()
    run = locks.serialise(handle)

    await asyncio.gather(*(run(_event(name, seq)) for name, seq in (("a", 1), ("a", 2), ("a", 3), ("b", 1))))

    assert handled == [("b", 1), ("a", 1), ("a", 2), ("a", 3)]
    assert locks._locks == {}
