"""Requests over RabbitMQ become measured reports: limits, repeated and obsolete requests, failures of query."""

import asyncio
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from fastapi import Response
from logloop_chassis.testing import wait_until
from logloop_contracts.analyses import Report, ThreadMessage

from tests.fakes.incidents import KINDS, START, incident
from tests.fakes.llm import (
    Hang,
    good_answer,
)
from tests.real.analyzer.harness import CASCADE, Running, in_pieces, running


async def test_without_a_provider_the_report_is_measured_and_says_so(analyzer: Running) -> None:
    done = await analyzer.ask(CASCADE)
    report = done.report
    assert report.mode == "deterministic"
    assert report.degraded_reason is not None
    assert "no model provider" in report.degraded_reason
    assert report.findings[0].service_id == CASCADE.service
    assert report.findings[0].evidence[0] == CASCADE.first_id
    assert report.verdict == "confirmed"
    assert "orders-db" in report.summary
    assert report.logs_read == CASCADE.window.num_rows
    assert report.baseline_logs_read == CASCADE.baseline.num_rows
    assert analyzer.llm.asked == []


async def test_every_cited_line_is_in_the_report_and_in_the_logs(analyzer: Running) -> None:
    report = (await analyzer.ask(CASCADE)).report
    shown = {line.log_id for line in report.evidence}
    known = {*CASCADE.window["id"].to_pylist(), *CASCADE.baseline["id"].to_pylist()}
    for finding in report.findings:
        assert set(finding.evidence) <= shown <= known
    for claim in report.claims:
        assert set(claim.citations) <= shown


async def test_the_same_logs_give_the_same_report(analyzer: Running) -> None:
    first = await analyzer.ask(CASCADE, "a1")
    second = await analyzer.ask(CASCADE, "a2")
    assert first.report == second.report


async def test_progress_comes_in_order_with_findings_before_the_end(analyzer: Running) -> None:
    analyzer.use_model()
    done = await analyzer.ask(CASCADE)
    steps = analyzer.broker.progress("a1")
    assert [step.seq for step in steps] == list(range(1, len(steps) + 1))
    stages = list(dict.fromkeys(step.stage for step in steps))
    assert stages == ["started", "reading", "evidence", "asking", "answering", "verifying"]
    assert [step.finding for step in steps if step.finding] == done.report.findings


async def test_without_an_incident_the_verdict_is_insufficient_and_costs_nothing(analyzer: Running) -> None:
    analyzer.use_model()
    report = (await analyzer.ask(incident("no_fault"))).report
    assert report.verdict == "insufficient"
    assert report.claims == []
    assert analyzer.llm.asked == []


async def test_a_follow_up_without_a_model_shows_the_lines_that_share_its_words(analyzer: Running) -> None:
    first = (await analyzer.ask(CASCADE)).report
    analyzer.query.expect("a1", turn=1, report=json.loads(first.model_dump_json()))
    await analyzer.broker.request(
        "a1", CASCADE, turn=1, messages=(ThreadMessage(role="user", text="When did the log rotated?"),)
    )
    await wait_until(lambda: len(analyzer.broker.ends("a1")) == 2)
    answer = analyzer.broker.ends("a1")[1].data.answer
    assert "No model answered" in answer
    assert "[log:" in answer


async def test_a_request_published_twice_is_answered_once(analyzer: Running) -> None:
    analyzer.use_model()
    analyzer.llm.reply = lambda asked: in_pieces(good_answer(asked), 10, pause_s=0.05)
    analyzer.query.hold(CASCADE)
    analyzer.query.expect("a1")
    for _ in range(3):
        await analyzer.broker.request("a1", CASCADE)
    await analyzer.broker.completed("a1")
    await analyzer.broker.request("a1", CASCADE)
    await analyzer.ask(CASCADE, "a2")
    ids = {event.id for event in analyzer.broker.ends("a1")}
    assert ids == {"a1.0.completed.v1"}
    assert len(analyzer.llm.asked) == 2


@pytest.mark.parametrize("state", [{"status": "cancelled"}, {"turn": 1}, None])
async def test_an_obsolete_request_is_not_started(analyzer: Running, state: dict[str, Any] | None) -> None:
    analyzer.query.hold(CASCADE)
    if state is not None:
        analyzer.query.expect("gone", **state)
    await analyzer.broker.request("gone", CASCADE)
    await analyzer.ask(CASCADE, "a2")
    assert analyzer.broker.progress("gone") == []
    assert analyzer.broker.ends("gone") == []


async def test_cancelling_stops_the_model_call(analyzer: Running) -> None:
    analyzer.use_model()
    analyzer.llm.reply = lambda _: Hang()
    analyzer.query.hold(CASCADE)
    analyzer.query.expect("a1")
    await analyzer.broker.request("a1", CASCADE)
    await wait_until(lambda: analyzer.llm.asked)
    analyzer.query.analyses["a1"]["status"] = "cancelled"
    await wait_until(lambda: not analyzer.llm.connections, timeout_s=6)
    await analyzer.ask(incident("no_fault"), "a2")
    assert analyzer.broker.ends("a1") == []


async def test_a_window_that_cannot_be_read_in_time_fails_at_the_deadline(analyzer: Running) -> None:
    analyzer.query.stall = asyncio.Event()
    analyzer.query.hold(CASCADE)
    analyzer.query.expect("a1")
    started = time.monotonic()
    await analyzer.broker.request("a1", CASCADE)
    failed = await analyzer.broker.failed("a1")
    assert failed.reason == "deadline"
    assert "narrow" in failed.detail
    assert time.monotonic() - started < 14


async def test_a_search_that_query_rejects_fails_with_its_words(analyzer: Running) -> None:
    refused = Response('{"detail": "unbalanced parenthesis at 1"}', status_code=422)
    analyzer.query.refuse = [refused]
    analyzer.query.expect("a1")
    await analyzer.broker.request("a1", CASCADE)
    failed = await analyzer.broker.failed("a1")
    assert (failed.reason, failed.detail) == ("bad_scope", "unbalanced parenthesis at 1")


async def test_a_busy_query_or_a_broken_stream_is_retried(analyzer: Running) -> None:
    analyzer.query.refuse = [Response(status_code=503), Response(status_code=429)]
    analyzer.query.refuse_edits = [Response(status_code=503)]
    analyzer.query.cut_exports = 1
    report = (await analyzer.ask(CASCADE)).report
    assert report.logs_read == CASCADE.window.num_rows
    assert analyzer.query.refuse_edits == []


async def test_an_empty_window_is_reported_as_such(analyzer: Running) -> None:
    analyzer.query.hold(CASCADE)
    analyzer.query.expect("a1")
    later = START + timedelta(hours=5)
    await analyzer.broker.request("a1", since=later, until=later + timedelta(minutes=5))
    report = (await analyzer.broker.completed("a1")).report
    assert report.verdict == "insufficient"
    assert "no logs in this window" in report.summary


async def test_the_report_says_what_the_limits_left_out(emptied_amqp_url: str, mongo_url: str) -> None:
    async with running(emptied_amqp_url, mongo_url, analysis_max_logs=500) as analyzer:
        report = (await analyzer.ask(CASCADE)).report
    assert report.logs_read == 500
    assert report.left_out is not None
    assert "read only up to" in report.left_out


async def test_invalid_requests_are_dead_lettered(analyzer: Running) -> None:
    for body in (b"\xff", b"{}", json.dumps({"type": "logloop.analyses.requested.v1", "data": {}}).encode()):
        await analyzer.broker.publish(body)

    async def three() -> list[dict[str, Any]]:
        found = (await analyzer.http.get("/api/v1/analyzer/dead-letters")).json()["items"]
        return list(found) if len(found) == 3 else []

    letters = await wait_until(three)
    assert {letter["queue"] for letter in letters} == {"analyzer.requests"}
    assert {letter["reason"] for letter in letters} == {"bad_event"}


@pytest.mark.parametrize("kind", KINDS)
async def test_every_incident_ends_with_a_report(analyzer: Running, kind: Any) -> None:
    case = incident(kind, 11)
    report = (await analyzer.ask(case)).report
    if case.service is None:
        assert report.verdict == "insufficient"
    else:
        assert report.verdict in {"likely", "confirmed"}
        assert report.findings[0].service_id == case.service


async def test_a_report_survives_serialisation(analyzer: Running) -> None:
    report = (await analyzer.ask(CASCADE)).report
    assert Report.model_validate_json(report.model_dump_json()) == report
