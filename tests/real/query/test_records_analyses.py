"""Analyses from request to report, with a stand-in for the analyzer on the real broker."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from logloop_chassis.messaging.connections import consuming_broker, publishing_broker, stop_quietly
from logloop_chassis.messaging.consuming import event_handler, subscribe
from logloop_chassis.messaging.publisher import Publisher
from logloop_chassis.messaging.topology import declare_topology
from logloop_chassis.testing import wait_until
from logloop_contracts.analyses import (
    AnalysisCompleted,
    AnalysisFailed,
    AnalysisProgress,
    AnalysisRequested,
    Claim,
    Report,
)
from logloop_contracts.channels import (
    ANALYSIS_COMPLETED,
    ANALYSIS_FAILED,
    ANALYSIS_PROGRESS,
    ANALYSIS_REQUESTED,
    ANALYZER_REQUESTS,
)
from logloop_contracts.envelope import Event

from tests.infra import Infra
from tests.real.query.records_app import Running, make_project, running

ANALYSES = "/api/v1/logs/analyses"
REPORT = Report(
    verdict="likely", summary="the database was away", claims=[Claim(text="It refused.", citations=["a-1-2"])]
)


@dataclass
class Analyzer:
    """Stands in for the analyzer: receives requests, and publishes events for the test."""

    publisher: Publisher
    requests: list[Event[AnalysisRequested]] = field(default_factory=list)

    async def step(self, analysis_id: str, seq: int, *, turn: int = 0, event_id: str | None = None) -> None:
        data = AnalysisProgress(analysis_id=analysis_id, turn=turn, seq=seq, stage="evidence", text=f"step {seq}")
        await self._tell(ANALYSIS_PROGRESS, data, event_id)

    async def complete(self, analysis_id: str, *, turn: int = 0, answer: str | None = None) -> None:
        data = AnalysisCompleted(analysis_id=analysis_id, project_id="shop", turn=turn, report=REPORT, answer=answer)
        await self._tell(ANALYSIS_COMPLETED, data, None)

    async def fail(self, analysis_id: str, *, turn: int = 0) -> None:
        data = AnalysisFailed(
            analysis_id=analysis_id,
            project_id="shop",
            turn=turn,
            reason="provider",
            detail="the provider refused; check the key",
            provider_message="Incorrect API key provided",
        )
        await self._tell(ANALYSIS_FAILED, data, None)

    async def request_for(self, analysis_id: str, turn: int = 0) -> AnalysisRequested:
        def received() -> list[AnalysisRequested]:
            found = [event.data for event in self.requests]
            return [data for data in found if (data.analysis_id, data.turn) == (analysis_id, turn)]

        return (await wait_until(received))[0]

    async def _tell(self, channel: Any, data: Any, event_id: str | None) -> None:
        await self.publisher.publish_event(channel, data, project_id="shop", event_id=event_id)


@contextlib.asynccontextmanager
async def analyzer_at(amqp_url: str) -> AsyncIterator[Analyzer]:
    publisher = Publisher(publishing_broker(amqp_url, "analyzer"), "analyzer")
    consumer = consuming_broker(amqp_url, "analyzer", graceful_timeout=5)
    analyzer = Analyzer(publisher)

    async def keep(event: Event[Any]) -> None:
        analyzer.requests.append(event)

    subscribe(consumer, ANALYZER_REQUESTS, event_handler({ANALYSIS_REQUESTED: keep}), publisher, prefetch=10)
    await publisher.broker.start()
    await declare_topology(publisher.broker)
    await consumer.start()
    try:
        yield analyzer
    finally:
        await stop_quietly(consumer)
        await stop_quietly(publisher.broker)


@dataclass
class Shop:
    """A started query service with project `shop`, an administrator and the stand-in."""

    query: Running
    admin: httpx.AsyncClient
    analyzer: Analyzer

    async def ask(self, **more: Any) -> str:
        answer = await self.admin.post(ANALYSES, json={"project_id": "shop", "q": "severity:error", **more})
        assert answer.status_code == 202, answer.text
        analysis_id: str = answer.json()["id"]
        return analysis_id

    async def read(self, analysis_id: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.admin.get(f"{ANALYSES}/{analysis_id}")).json()
        return found

    async def until(self, analysis_id: str, status: str) -> dict[str, Any]:
        async def reached() -> dict[str, Any]:
            found = await self.read(analysis_id)
            return found if found["status"] == status else {}

        found: dict[str, Any] = await wait_until(reached)
        return found


@pytest.fixture
async def shop(infra: Infra, emptied_amqp_url: str) -> AsyncIterator[Shop]:
    async with analyzer_at(emptied_amqp_url) as analyzer, running(emptied_amqp_url, infra.mongo_url) as query:
        admin = await query.signed_in()
        await make_project(admin, "shop")
        yield Shop(query, admin, analyzer)


class Stream:
    """An open event stream; `events` holds what the server has sent."""

    def __init__(self, shop: Shop, analysis_id: str, last_event_id: str | None = None) -> None:
        self.events: list[tuple[str, str, Any]] = []
        self.status = 0
        self._text = ""
        self._gone = asyncio.Event()
        headers = [(b"cookie", shop.admin.headers["Cookie"].encode())]
        if last_event_id:
            headers.append((b"last-event-id", last_event_id.encode()))
        path = f"{ANALYSES}/{analysis_id}/events"
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": headers,
            "client": ("203.0.113.7", 1),
            "server": ("localhost", 80),
            "scheme": "http",
            "http_version": "1.1",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
        }
        self.finished = asyncio.create_task(self._run(shop, scope))

    async def _run(self, shop: Shop, scope: dict[str, Any]) -> None:
        await shop.query.app(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        self._text += message.get("body", b"").decode()
        *frames, self._text = self._text.split("\n\n")
        for frame in frames:
            fields = dict(line.split(": ", 1) for line in frame.splitlines() if not line.startswith(":"))
            if fields:
                self.events.append((fields["event"], fields.get("id", ""), json.loads(fields["data"])))

    def leave(self) -> None:
        """Disconnect."""
        self._gone.set()

    def kinds(self) -> list[str]:
        return [kind for kind, _, _ in self.events]


async def test_a_request_reaches_the_analyzer_and_its_report_is_stored(shop: Shop) -> None:
    analysis_id = await shop.ask(question="Why?", since="2h", until="1h")

    request = await shop.analyzer.request_for(analysis_id)
    assert (request.project_id, request.question, request.scope.q) == ("shop", "Why?", "severity:error")
    assert request.scope.until - request.scope.since == timedelta(hours=1)
    assert (await shop.read(analysis_id))["status"] == "queued"

    await shop.analyzer.step(analysis_id, 1)
    running_now = await shop.until(analysis_id, "running")
    await shop.analyzer.complete(analysis_id)
    done = await shop.until(analysis_id, "completed")

    assert running_now["stage"] == "evidence"
    assert done["report"]["claims"] == [{"text": "It refused.", "citations": ["a-1-2"], "confidence": 0.5}]
    assert (done["verdict"], done["summary"]) == ("likely", "the database was away")
    listed = (await shop.admin.get(f"{ANALYSES}?project_id=shop")).json()["items"]
    assert [(item["id"], item["verdict"]) for item in listed] == [(analysis_id, "likely")]


async def test_a_failure_keeps_the_message_of_the_provider(shop: Shop) -> None:
    analysis_id = await shop.ask()

    await shop.analyzer.fail(analysis_id)

    failed = await shop.until(analysis_id, "failed")
    assert failed["failure"]["provider_message"] == "Incorrect API key provided"


async def test_a_stream_sends_each_event_and_then_a_closing_event(shop: Shop) -> None:
    analysis_id = await shop.ask()
    stream = Stream(shop, analysis_id)

    await shop.analyzer.step(analysis_id, 1)
    await wait_until(lambda: stream.kinds() == ["progress"])
    await shop.analyzer.step(analysis_id, 2)
    await wait_until(lambda: stream.kinds() == ["progress", "progress"])
    await shop.analyzer.complete(analysis_id)
    await asyncio.wait_for(stream.finished, 20)

    assert stream.kinds() == ["progress", "progress", "completed", "bye"]
    assert [event_id for _, event_id, _ in stream.events[:2]] == ["0.1", "0.2"]
    assert stream.events[2][2]["report"]["summary"] == "the database was away"
    assert stream.events[3][2] == {"reason": "finished"}


async def test_a_resumed_stream_sends_only_missed_events(shop: Shop) -> None:
    analysis_id = await shop.ask()
    for seq in (1, 2, 3):
        await shop.analyzer.step(analysis_id, seq)
    await shop.analyzer.complete(analysis_id)
    await shop.until(analysis_id, "completed")

    whole, rest = Stream(shop, analysis_id), Stream(shop, analysis_id, "0.2")
    await asyncio.wait_for(asyncio.gather(whole.finished, rest.finished), 20)
    again = Stream(shop, analysis_id, whole.events[-2][1])
    await asyncio.wait_for(again.finished, 20)

    assert whole.kinds() == ["progress", "progress", "progress", "completed", "bye"]
    assert rest.events == whole.events[2:]
    assert (again.status, again.events) == (204, [])


async def test_events_that_arrive_twice_or_out_of_order_are_sent_once_and_in_order(shop: Shop) -> None:
    analysis_id = await shop.ask()
    stream = Stream(shop, analysis_id)
    for seq in (3, 1, 1, 2, 3):
        await shop.analyzer.step(analysis_id, seq)
    await wait_until(lambda: len(stream.events) == 3)
    for _ in range(2):
        await shop.analyzer.complete(analysis_id)
    await asyncio.wait_for(stream.finished, 20)

    assert [event_id for _, event_id, _ in stream.events[:3]] == ["0.1", "0.2", "0.3"]
    assert stream.kinds()[3:] == ["completed", "bye"]
    assert len((await shop.read(analysis_id))["messages"]) == 0


async def test_events_recorded_by_another_instance_are_streamed(
    shop: Shop, infra: Infra, emptied_amqp_url: str
) -> None:
    database = shop.query.resources.settings.mongo_database
    analysis_id = await shop.ask()
    stream = Stream(shop, analysis_id)
    await wait_until(lambda: stream.status == 200)
    await shop.query.resources.consumer.stop()
    async with running(emptied_amqp_url, infra.mongo_url, database=database):
        await shop.analyzer.step(analysis_id, 1)
        await wait_until(lambda: stream.kinds() == ["progress"])  # two messages at once may be handled in any order
        await shop.analyzer.complete(analysis_id)
        await asyncio.wait_for(stream.finished, 20)

    assert stream.kinds() == ["progress", "completed", "bye"]


async def test_a_stopping_instance_closes_its_streams_at_once(shop: Shop) -> None:
    analysis_id = await shop.ask()
    stream = Stream(shop, analysis_id)
    await wait_until(lambda: stream.status == 200)

    shop.query.resources.stopping.set()
    await asyncio.wait_for(stream.finished, 5)

    assert stream.events == [("bye", "", {"reason": "stopping"})]


async def test_a_client_that_disconnects_releases_its_stream(shop: Shop) -> None:
    analysis_id = await shop.ask()
    stream = Stream(shop, analysis_id)
    await wait_until(lambda: stream.status == 200)
    records = shop.query.records
    assert records.analysis_streams.taken == 1

    stream.leave()
    await asyncio.wait_for(stream.finished, 10)

    assert records.analysis_streams.taken == 0
    assert records.analysis_events.subscribers.is_empty


async def test_a_stream_closes_when_the_caller_loses_access(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logloop_chassis.http.event_streams.RECHECK_S", 0.0)
    analysis_id = await shop.ask()
    stream = Stream(shop, analysis_id)
    await wait_until(lambda: stream.status == 200)

    await shop.admin.delete("/api/v1/session?everywhere=true")
    await asyncio.wait_for(stream.finished, 10)

    assert stream.events == [("bye", "", {"reason": "signed_out"})]


async def test_a_follow_up_question_sends_the_thread_and_stores_the_reply(shop: Shop) -> None:
    analysis_id = await shop.ask(question="Why?")
    await shop.analyzer.complete(analysis_id)
    await shop.until(analysis_id, "completed")

    asked = await shop.admin.post(f"{ANALYSES}/{analysis_id}/messages", json={"text": "Since when?"})
    busy = await shop.admin.post(f"{ANALYSES}/{analysis_id}/messages", json={"text": "And why?"})
    request = await shop.analyzer.request_for(analysis_id, turn=1)
    await shop.analyzer.complete(analysis_id, turn=0)
    await shop.analyzer.complete(analysis_id, turn=1, answer="Since ten o'clock.")
    done = await shop.until(analysis_id, "completed")

    assert (asked.status_code, busy.status_code) == (202, 409)
    assert [(message.role, message.text) for message in request.messages] == [("user", "Since when?")]
    assert [(item["role"], item["text"], item["turn"]) for item in done["messages"]] == [
        ("user", "Since when?", 1),
        ("assistant", "Since ten o'clock.", 1),
    ]


async def test_a_cancelled_analysis_ignores_late_events(shop: Shop) -> None:
    analysis_id = await shop.ask()
    stream = Stream(shop, analysis_id)

    cancelled = await shop.admin.delete(f"{ANALYSES}/{analysis_id}")
    await asyncio.wait_for(stream.finished, 20)
    await shop.analyzer.step(analysis_id, 1)
    await shop.analyzer.complete(analysis_id)
    marker = await shop.ask()
    await shop.analyzer.complete(marker)
    await shop.until(marker, "completed")

    assert cancelled.json()["status"] == "cancelled"
    assert stream.kinds() == ["cancelled", "bye"]
    assert (await shop.read(analysis_id))["status"] == "cancelled"
    assert (await shop.admin.delete(f"{ANALYSES}/{analysis_id}")).status_code == 204
    assert (await shop.admin.get(f"{ANALYSES}/{analysis_id}")).status_code == 404


async def test_an_unpublished_request_is_published_by_the_sweep(shop: Shop) -> None:
    await shop.query.resources.publisher.broker.stop()
    analysis_id = await shop.ask()
    assert (await shop.read(analysis_id))["status"] == "queued"
    await shop.query.resources.publisher.broker.start()
    past = datetime.now(UTC) - timedelta(seconds=1)
    await shop.query.resources.database["analyses"].update_many({}, {"$set": {"publish_after": past}})

    await shop.query.records.analyses.sweep()

    assert (await shop.analyzer.request_for(analysis_id)).project_id == "shop"


async def test_an_analysis_fails_when_the_analyzer_goes_silent(shop: Shop) -> None:
    analysis_id = await shop.ask()
    await shop.analyzer.step(analysis_id, 1)
    await shop.until(analysis_id, "running")
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    await shop.query.resources.database["analyses"].update_many({}, {"$set": {"updated_at": long_ago}})

    await shop.query.records.analyses.sweep()

    assert (await shop.read(analysis_id))["failure"]["reason"] == "deadline"


async def test_an_invalid_request_is_rejected_at_once(shop: Shop) -> None:
    wrong: list[tuple[int, dict[str, Any]]] = [
        (422, {"q": "(("}),
        (422, {"since": "1h", "until": "2h"}),
        (422, {"since": "yesterday"}),
        (422, {"since": "9999d"}),
        (404, {"project_id": "nowhere"}),
        (422, {"question": "x" * 4001}),
    ]

    answers = [await shop.admin.post(ANALYSES, json={"project_id": "shop", **body}) for _, body in wrong]

    assert [answer.status_code for answer in answers] == [status for status, _ in wrong]
    assert (await shop.admin.get(f"{ANALYSES}?project_id=shop")).json()["items"] == []
