"""Requests run once, outcomes are published until the broker confirms, and progress is grouped and numbered."""

import asyncio
from datetime import date
from typing import Any

import pytest
from logloop_analyzer.analysis.progress import ProgressReporter
from logloop_analyzer.consumers import AnalysisRequestConsumer
from logloop_analyzer.errors import AnalysisObsolete
from logloop_analyzer.model.budget import DailyTokenBudget
from logloop_chassis.messaging.failures import RetryLater, Skip
from logloop_chassis.messaging.publisher import NotPublished
from logloop_chassis.testing import CapturingPublisher, wait_until
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


class FakeRunner:
    """Stands in for AnalysisRunner: waits for `go`, then completes or is obsolete."""

    def __init__(self, *, obsolete: bool = False) -> None:
        self.calls = 0
        self.obsolete = obsolete
        self.go = asyncio.Event()

    async def run(self, request: AnalysisRequested, _: ProgressReporter) -> AnalysisCompleted:
        self.calls += 1
        await self.go.wait()
        if self.obsolete:
            raise AnalysisObsolete
        report = Report(verdict="insufficient", summary="nothing")
        return AnalysisCompleted(analysis_id=request.analysis_id, project_id="shop", report=report)


class UnconfirmedPublisher(CapturingPublisher):
    """A publisher whose broker does not confirm the first few messages."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    async def publish_event(self, channel: Any, data: Any, *, project_id: str, **names: Any) -> Any:
        if self.failures:
            self.failures -= 1
            raise NotPublished("timeout", "the broker did not confirm in time")
        return await super().publish_event(channel, data, project_id=project_id, **names)


def requests(runner: FakeRunner, events: Any, stopping: asyncio.Event | None = None) -> AnalysisRequestConsumer:
    return AnalysisRequestConsumer(runner, events, stopping or asyncio.Event())  # type: ignore[arg-type]  # a stand-in


async def test_a_repeated_request_joins_the_running_analysis() -> None:
    runner, events = FakeRunner(), CapturingPublisher()
    consumer = requests(runner, events)
    both = asyncio.gather(consumer.handle(event()), consumer.handle(event()))
    await asyncio.sleep(0)
    runner.go.set()
    await both
    assert runner.calls == 1
    assert {sent.id for _, sent in events.events} == {"a1.0.completed.v1"}
    with pytest.raises(Skip):
        await consumer.handle(event())


async def test_an_obsolete_request_is_skipped_without_an_event() -> None:
    runner, events = FakeRunner(obsolete=True), CapturingPublisher()
    runner.go.set()
    with pytest.raises(Skip):
        await requests(runner, events).handle(event())
    assert events.events == []


async def test_an_outcome_is_published_again_until_the_broker_confirms() -> None:
    runner, events = FakeRunner(), UnconfirmedPublisher(1)
    runner.go.set()
    await requests(runner, events).handle(event())
    assert len(events.events) == 1


async def test_an_outcome_outlives_the_handler_that_waited_for_it() -> None:
    runner, events = FakeRunner(), CapturingPublisher()
    consumer = requests(runner, events)
    handling = asyncio.create_task(consumer.handle(event()))
    await wait_until(lambda: runner.calls)
    handling.cancel()  # as aiormq does when the connection of the message is lost
    await asyncio.wait([handling])
    runner.go.set()
    await wait_until(lambda: not consumer._running)
    await consumer.handle(event())
    assert runner.calls == 1
    assert len(events.events) == 1


async def test_an_unpublished_outcome_is_not_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logloop_analyzer.consumers._PUBLISH_ATTEMPTS", 1)
    runner, events = FakeRunner(), UnconfirmedPublisher(1)
    runner.go.set()
    consumer = requests(runner, events)
    with pytest.raises(RetryLater):
        await consumer.handle(event())
    await consumer.handle(event())
    assert runner.calls == 1
    assert len(events.events) == 1


async def test_stopping_leaves_the_message_to_the_next_process() -> None:
    runner, stopping = FakeRunner(), asyncio.Event()
    handling = asyncio.create_task(requests(runner, CapturingPublisher(), stopping).handle(event()))
    await asyncio.sleep(0)
    stopping.set()
    with pytest.raises(asyncio.CancelledError):
        await handling


async def test_pieces_of_text_are_grouped_and_steps_numbered() -> None:
    now = [0.0]
    events = CapturingPublisher()
    progress = ProgressReporter(events, REQUEST, correlation_id="a1", causation_id="a1.0", clock=lambda: now[0])
    await progress.stage("started", "x")
    for word in ("one ", "two ", "three"):
        await progress.answer_text(word)
    now[0] = 1.0
    await progress.answer_text(" four")
    await progress.answer_text(" five")
    await progress.stage("verifying", "y")
    steps = [(e.data.seq, e.data.stage, e.data.text) for _, e in events.events]
    assert steps == [
        (1, "started", "x"),
        (2, "answering", "one two three four"),
        (3, "answering", " five"),
        (4, "verifying", "y"),
    ]


async def test_a_step_that_cannot_be_published_does_not_stop_the_analysis() -> None:
    now = [0.0]
    events = UnconfirmedPublisher(1)
    progress = ProgressReporter(events, REQUEST, correlation_id=None, causation_id=None, clock=lambda: now[0])
    await progress.stage("started", "lost")
    await progress.stage("reading", "also lost")
    now[0] = 10.0
    await progress.stage("evidence", "published")
    assert [(e.data.seq, e.data.text) for _, e in events.events] == [(3, "published")]


def test_a_token_budget_is_per_project_and_day() -> None:
    day = [date(2026, 11, 22)]
    tokens = DailyTokenBudget(lambda: day[0])
    tokens.spend("shop", 900)
    assert tokens.allows("shop", 100, 1000)
    assert not tokens.allows("shop", 101, 1000)
    assert tokens.allows("other", 1000, 1000)
    assert tokens.allows("shop", 10**9, None)
    day[0] = date(2026, 11, 23)
    assert tokens.allows("shop", 1000, 1000)
