"""Requests are worked on once, outcomes told until the broker confirms, steps gathered and numbered."""

import asyncio
from datetime import date
from typing import Any

import pytest
from logloop_analyzer.analysis.progress import Narrator
from logloop_analyzer.consumers import Requests
from logloop_analyzer.errors import Ended
from logloop_analyzer.model.budget import DailyTokens
from logloop_chassis.broker import NotPublished
from logloop_chassis.failures import RetryLater, Skip
from logloop_chassis.testing import CapturingPublisher
from logloop_contracts.analyses import AnalysisCompleted, AnalysisRequested, AnalysisScope, Report
from logloop_contracts.channels import ANALYSIS_REQUESTED
from logloop_contracts.envelope import Event

from tests.fakes.incidents import LENGTH, START

REQUEST = AnalysisRequested(
    analysis_id="a1", project_id="shop", scope=AnalysisScope(q="", since=START, until=START + LENGTH)
)


def event(name: str = "a1.0") -> Event[AnalysisRequested]:
    return Event[AnalysisRequested](
        id=name, source="/test", type=ANALYSIS_REQUESTED.event_type, projectid="shop", data=REQUEST
    )


class Explaining:
    """Stands in for Analyzer: waits for `go`, then completes or has ended."""

    def __init__(self, *, ended: bool = False) -> None:
        self.calls = 0
        self.ended = ended
        self.go = asyncio.Event()

    async def explain(self, request: AnalysisRequested, _: Narrator) -> AnalysisCompleted:
        self.calls += 1
        await self.go.wait()
        if self.ended:
            raise Ended
        report = Report(verdict="insufficient", summary="nothing")
        return AnalysisCompleted(analysis_id=request.analysis_id, project_id="shop", report=report)


class Failing(CapturingPublisher):
    """A publisher whose broker does not confirm the first few times."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    async def publish_event(self, channel: Any, data: Any, *, project_id: str, **names: Any) -> Any:
        if self.failures:
            self.failures -= 1
            raise NotPublished("timeout", "the broker did not confirm in time")
        return await super().publish_event(channel, data, project_id=project_id, **names)


def requests(explaining: Explaining, events: Any, stopping: asyncio.Event | None = None) -> Requests:
    return Requests(explaining, events, stopping or asyncio.Event())  # type: ignore[arg-type]  # a stand-in


async def test_a_request_that_comes_again_joins_the_work() -> None:
    explaining, events = Explaining(), CapturingPublisher()
    work = requests(explaining, events)
    both = asyncio.gather(work.take(event()), work.take(event()))
    await asyncio.sleep(0)
    explaining.go.set()
    await both
    assert explaining.calls == 1
    assert {told.id for _, told in events.events} == {"a1.0.completed.v1"}
    with pytest.raises(Skip):
        await work.take(event())


async def test_what_has_ended_is_skipped_without_a_word() -> None:
    explaining, events = Explaining(ended=True), CapturingPublisher()
    explaining.go.set()
    with pytest.raises(Skip):
        await requests(explaining, events).take(event())
    assert events.events == []


async def test_an_outcome_is_told_again_until_the_broker_confirms() -> None:
    explaining, events = Explaining(), Failing(1)
    explaining.go.set()
    await requests(explaining, events).take(event())
    assert len(events.events) == 1


async def test_an_outcome_that_could_not_be_told_is_not_worked_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logloop_analyzer.consumers._PUBLISH_TRIES", 1)
    explaining, events = Explaining(), Failing(1)
    explaining.go.set()
    work = requests(explaining, events)
    with pytest.raises(RetryLater):
        await work.take(event())
    await work.take(event())
    assert explaining.calls == 1
    assert len(events.events) == 1


async def test_stopping_leaves_the_message_to_the_next_process() -> None:
    explaining, stopping = Explaining(), asyncio.Event()
    taking = asyncio.create_task(requests(explaining, CapturingPublisher(), stopping).take(event()))
    await asyncio.sleep(0)
    stopping.set()
    with pytest.raises(asyncio.CancelledError):
        await taking


async def test_pieces_of_text_are_gathered_and_steps_numbered() -> None:
    now = [0.0]
    events = CapturingPublisher()
    tell = Narrator(events, REQUEST, correlation_id="a1", causation_id="a1.0", clock=lambda: now[0])
    await tell.stage("started", "x")
    for word in ("one ", "two ", "three"):
        await tell.piece(word)
    now[0] = 1.0
    await tell.piece(" four")
    await tell.piece(" five")
    await tell.stage("verifying", "y")
    told = [(e.data.seq, e.data.stage, e.data.text) for _, e in events.events]
    assert told == [
        (1, "started", "x"),
        (2, "answering", "one two three four"),
        (3, "answering", " five"),
        (4, "verifying", "y"),
    ]


async def test_a_step_that_cannot_be_told_stops_nothing() -> None:
    now = [0.0]
    events = Failing(1)
    tell = Narrator(events, REQUEST, correlation_id=None, causation_id=None, clock=lambda: now[0])
    await tell.stage("started", "lost")
    await tell.stage("reading", "still silent")
    now[0] = 10.0
    await tell.stage("evidence", "told")
    assert [(e.data.seq, e.data.text) for _, e in events.events] == [(3, "told")]


def test_a_budget_of_tokens_is_per_project_and_day() -> None:
    day = [date(2026, 11, 22)]
    tokens = DailyTokens(lambda: day[0])
    tokens.spend("shop", 900)
    assert tokens.allows("shop", 100, 1000)
    assert not tokens.allows("shop", 101, 1000)
    assert tokens.allows("other", 1000, 1000)
    assert tokens.allows("shop", 10**9, None)
    day[0] = date(2026, 11, 23)
    assert tokens.allows("shop", 1000, 1000)
