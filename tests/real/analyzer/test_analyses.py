"""Requests over RabbitMQ become reports: measured alone, with a model, asked on, cancelled, told again."""

import asyncio
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import Response
from logloop_chassis.testing import wait_until
from logloop_contracts.analyses import Report, ThreadMessage

from tests.fakes.incidents import KINDS, START, incident
from tests.fakes.llm import (
    Action,
    Asked,
    Endless,
    FakeLlm,
    Hang,
    Raw,
    Reset,
    Say,
    Status,
    good_answer,
    obedient,
    say,
)
from tests.fakes.query_api import fake_query, is_ready
from tests.infra import Infra, fresh_database
from tests.real.analyzer.harness import SECRET_KEY, Running, listening, running, started

CASCADE = incident("timeout_cascade")
importlib.import_module("langchain_openai")  # seconds on a busy machine; no test's deadline is about them


@pytest.fixture
async def analyzer(fresh_amqp_url: str, mongo_url: str) -> AsyncIterator[Running]:
    async with running(fresh_amqp_url, mongo_url, analysis_deadline=12) as it:
        yield it


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


async def test_a_models_words_are_added_to_the_same_findings(analyzer: Running) -> None:
    measured = (await analyzer.ask(CASCADE, "a1")).report
    analyzer.use_model()
    report = (await analyzer.ask(CASCADE, "a2")).report
    assert report.mode == "model"
    assert report.degraded_reason is None
    assert report.findings == measured.findings
    assert report.summary == "orders-db is where it began."
    assert [claim.citations for claim in report.claims] == [[CASCADE.first_id]]
    assert report.claims[0].confidence <= 0.95
    assert report.usage is not None
    assert (report.usage.provider, report.usage.input_tokens, report.usage.output_tokens) == ("openai", 100, 20)


async def test_the_summary_streams_while_it_is_written(analyzer: Running) -> None:
    analyzer.use_model()
    analyzer.llm.reply = lambda asked: Say(_text(good_answer(asked)), pieces=30, pause_s=0.15)
    await analyzer.ask(CASCADE)
    pieces = [step.text or "" for step in analyzer.broker.progress("a1") if step.stage == "answering"]
    assert len(pieces) > 1
    assert "".join(pieces) == "orders-db is where it began [E1]."


def _text(action: Action) -> str:
    assert isinstance(action, Say)
    return action.text


def _claims(asked: Asked) -> Action:
    first = asked.lines[0]
    sound = {"text": "Sound.", "evidence": [first["id"]], "quote": first["message"][:30], "confidence": 1.0}
    return say(
        {
            "summary": f"True [{first['id']}]. Invented. Also invented [E777].",
            "claims": [
                sound,
                {**sound, "text": "No such id.", "evidence": ["E777"]},
                {**sound, "text": "Quote from nowhere.", "quote": "the moon is made of cheese"},
                {**sound, "text": "No citation.", "evidence": []},
            ],
            "cause_found": True,
            "next_steps": [],
        }
    )


async def test_claims_without_support_are_dropped_and_counted(analyzer: Running) -> None:
    analyzer.use_model()
    analyzer.llm.reply = _claims
    report = (await analyzer.ask(CASCADE)).report
    assert [claim.text for claim in report.claims] == ["Sound."]
    assert report.summary == "True."
    assert report.dropped_claims == 5


async def test_an_answer_that_cites_nothing_leaves_the_measured_report(analyzer: Running) -> None:
    analyzer.use_model()
    analyzer.llm.reply = lambda _: say(
        {"summary": "It was DNS.", "claims": [], "cause_found": True, "next_steps": ["pray"]}
    )
    report = (await analyzer.ask(CASCADE)).report
    assert report.mode == "deterministic"
    assert report.degraded_reason is not None
    assert "cited no line" in report.degraded_reason
    assert "DNS" not in report.model_dump_json()


FAULTS: dict[str, tuple[Any, str]] = {
    "bad key": (Status(401, "Incorrect API key provided"), "Incorrect API key provided"),
    "quota": (Status(429, "You exceeded your current quota"), "You exceeded your current quota"),
    "rate limit": (Status(429, "slow down", {"retry-after": "3600"}), "slow down"),
    "server": (Status(500, "the GPU is on fire"), "the GPU is on fire"),
    "unknown model": (Status(404, "The model `x` does not exist"), "does not exist"),
    "hang": (Hang(), "did not answer in time"),
    "stalled stream": (Say("x" * 500, hang_after=3), "did not answer in time"),
    "reset": (Reset(), "could not be reached"),
    "garbage": (Raw(b"\x00\x01 not a protocol"), "could not be read"),
    "html": (Raw(b"<html>gateway</html>", "text/html"), "could not be read"),
    "wrong schema": (say({"summary": 7, "claims": {}}), "could not be read"),
    "prose": (Say("I would rather talk about the weather."), "could not be read"),
    "nothing": (Say(""), "could not be read"),
    "endless": (Endless(), ""),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_each_fault_of_a_provider_ends_in_a_measured_report_with_its_words(
    fresh_amqp_url: str, mongo_url: str, fault: str
) -> None:
    action, words = FAULTS[fault]
    async with running(fresh_amqp_url, mongo_url, analysis_deadline=7) as analyzer:
        analyzer.use_model(max_tokens=64)
        analyzer.llm.reply = lambda _: action
        begun = time.monotonic()
        report = (await analyzer.ask(CASCADE)).report
    assert time.monotonic() - begun < 10
    assert report.mode == "deterministic"
    assert report.degraded_reason is not None
    assert words in report.degraded_reason
    assert "test-model" in report.degraded_reason
    assert report.findings[0].evidence[0] == CASCADE.first_id


async def test_a_tool_call_that_comes_back_empty_is_no_success(analyzer: Running) -> None:
    analyzer.use_model()
    analyzer.llm.reply = lambda asked: (
        Status(400, "no schemas here") if asked.mode == "json_schema" else Say("", as_tool=False)
    )
    report = (await analyzer.ask(CASCADE)).report
    assert report.mode == "deterministic"
    assert "returned nothing" in (report.degraded_reason or "")


async def test_evidence_that_is_too_long_is_halved_and_asked_again(analyzer: Running) -> None:
    analyzer.use_model()
    analyzer.llm.script.append(Status(400, "maximum context length is 4096 tokens"))
    report = (await analyzer.ask(CASCADE)).report
    assert report.mode == "model"
    assert len(analyzer.llm.asked) == 2


async def test_a_used_up_budget_of_tokens_ends_in_a_measured_report(analyzer: Running) -> None:
    analyzer.use_model(budget_tokens_per_day=10)
    report = (await analyzer.ask(CASCADE)).report
    assert report.mode == "deterministic"
    assert "budget" in (report.degraded_reason or "")
    assert analyzer.llm.asked == []


async def test_nothing_wrong_is_insufficient_and_costs_nothing(analyzer: Running) -> None:
    analyzer.use_model()
    report = (await analyzer.ask(incident("no_fault"))).report
    assert report.verdict == "insufficient"
    assert report.claims == []
    assert analyzer.llm.asked == []


@pytest.mark.parametrize("kind", ["poisoned", "poisoned_no_fault"])
async def test_a_model_that_obeys_the_logs_changes_no_finding(analyzer: Running, kind: Any) -> None:
    case = incident(kind, 3)
    analyzer.use_model()
    analyzer.llm.reply = obedient
    report = (await analyzer.ask(case, question="What happened?")).report
    told = report.model_dump_json()
    assert any(finding.kind == "suspicious_text" for finding in report.findings)
    for lie in ("evil.example", "Everything is fine", "No errors were found", "Trust me"):
        assert lie not in told
    if case.service is None:
        assert report.verdict == "insufficient"
    else:
        assert report.findings[0].service_id == case.service
        assert report.findings[0].evidence[0] == case.first_id


async def test_log_text_stays_between_random_fences_and_no_secret_leaves(analyzer: Running) -> None:
    case = incident("new_exception")
    secret = "hunter2-canary"
    messages = [
        f"{text} password={secret} anna@example.org" if "KeyError" in text else text
        for text in case.window["message"].to_pylist()
    ]
    index = case.window.schema.get_field_index("message")
    table = case.window.set_column(index, "message", [messages])
    analyzer.use_model()
    analyzer.query.tables = [case.baseline, table]
    fences = []
    for analysis_id in ("a1", "a2"):
        analyzer.query.expect(analysis_id)
        await analyzer.broker.request(analysis_id, case)
        report = (await analyzer.broker.completed(analysis_id)).report
        prompt = analyzer.llm.asked[-1].prompt
        assert secret not in prompt + report.model_dump_json()
        assert "anna@example.org" not in prompt
        assert "<SECRET_1>" in prompt
        fence = next(row for row in prompt.splitlines() if row.startswith("LOGS-"))
        assert prompt.count(f"\n{fence}") == 2
        fences.append(fence)
    assert fences[0] != fences[1]


async def test_a_follow_up_is_answered_from_fresh_lines_with_citations(analyzer: Running) -> None:
    analyzer.use_model()
    first = (await analyzer.ask(CASCADE)).report
    analyzer.query.expect("a1", turn=1, report=json.loads(first.model_dump_json()), question="Why do orders fail?")
    await analyzer.broker.request(
        "a1", CASCADE, turn=1, messages=(ThreadMessage(role="user", text="Which table is it about?"),)
    )
    await wait_until(lambda: len(analyzer.broker.ends("a1")) == 2)
    done = analyzer.broker.ends("a1")[1].data
    assert done.turn == 1
    assert done.answer == f"orders-db is where it began. [log:{CASCADE.first_id}]"
    assert (done.report.summary, done.report.findings) == (first.summary, first.findings)
    prompt = analyzer.llm.asked[-1].prompt
    assert "Which table is it about?" in prompt
    assert "(report, confirmed)" in prompt


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


async def test_a_request_told_twice_is_answered_once(analyzer: Running) -> None:
    analyzer.use_model()
    analyzer.llm.reply = lambda asked: Say(_text(good_answer(asked)), pieces=10, pause_s=0.05)
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
async def test_what_nobody_waits_for_is_not_begun(analyzer: Running, state: dict[str, Any] | None) -> None:
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


async def test_a_search_that_query_refuses_fails_with_its_words(analyzer: Running) -> None:
    refused = Response('{"detail": "unbalanced parenthesis at 1"}', status_code=422)
    analyzer.query.refuse = [refused]
    analyzer.query.expect("a1")
    await analyzer.broker.request("a1", CASCADE)
    failed = await analyzer.broker.failed("a1")
    assert (failed.reason, failed.detail) == ("bad_scope", "unbalanced parenthesis at 1")


async def test_a_query_that_is_busy_or_breaks_off_is_asked_again(analyzer: Running) -> None:
    analyzer.query.refuse = [Response(status_code=503), Response(status_code=429)]
    analyzer.query.cut_exports = 1
    report = (await analyzer.ask(CASCADE)).report
    assert report.logs_read == CASCADE.window.num_rows


async def test_an_empty_window_is_told_as_such(analyzer: Running) -> None:
    analyzer.query.hold(CASCADE)
    analyzer.query.expect("a1")
    later = START + timedelta(hours=5)
    await analyzer.broker.request("a1", since=later, until=later + timedelta(minutes=5))
    report = (await analyzer.broker.completed("a1")).report
    assert report.verdict == "insufficient"
    assert "no logs in this window" in report.summary


async def test_what_the_limits_leave_out_is_said(fresh_amqp_url: str, mongo_url: str) -> None:
    async with running(fresh_amqp_url, mongo_url, analysis_max_logs=500) as analyzer:
        report = (await analyzer.ask(CASCADE)).report
    assert report.logs_read == 500
    assert report.left_out is not None
    assert "read only up to" in report.left_out


async def test_a_message_that_is_no_request_becomes_a_dead_letter(analyzer: Running) -> None:
    for body in (b"\xff", b"{}", json.dumps({"type": "logloop.analyses.requested.v1", "data": {}}).encode()):
        await analyzer.broker.publish(body)

    async def three() -> list[dict[str, Any]]:
        found = (await analyzer.http.get("/api/v1/analyzer/dead-letters")).json()["items"]
        return list(found) if len(found) == 3 else []

    letters = await wait_until(three)
    assert {letter["queue"] for letter in letters} == {"analyzer.requests"}
    assert {letter["reason"] for letter in letters} == {"bad_event"}


async def test_stopping_gives_the_request_to_the_next_process(fresh_amqp_url: str, mongo_url: str) -> None:
    async with fake_query(SECRET_KEY) as query, FakeLlm(lambda _: Hang()) as llm:
        query.hold(CASCADE)
        query.expect("a1")
        async with started(fresh_amqp_url, mongo_url, query, llm) as first:
            first.use_model()
            await first.broker.request("a1", CASCADE)
            await wait_until(lambda: llm.asked)
            stopping = time.monotonic()
        assert time.monotonic() - stopping < 8
        llm.reply = good_answer
        async with listening(fresh_amqp_url) as broker, started(fresh_amqp_url, mongo_url, query, llm):
            await broker.completed("a1")


@pytest.mark.fault
async def test_a_killed_analyzer_answers_after_its_restart_and_once(
    fresh_amqp_url: str, mongo_url: str, tmp_path: Path
) -> None:
    async with fake_query(SECRET_KEY) as query, FakeLlm(lambda _: Hang()) as llm:
        query.hold(CASCADE)
        query.expect("a1")
        query.llm = {"provider": "openai", "model": "m", "base_url": llm.url(), "api_key": "k", "timeout_s": 30}
        first = _start(fresh_amqp_url, mongo_url, query.url, tmp_path)
        try:
            await wait_until(first.ready, timeout_s=60)
            async with listening(fresh_amqp_url) as broker:
                await broker.request("a1", CASCADE)
                await wait_until(lambda: llm.asked, timeout_s=30)
                first.process.send_signal(signal.SIGKILL)
                first.process.wait()
                llm.reply = good_answer
                second = _start(fresh_amqp_url, mongo_url, query.url, tmp_path)
                try:
                    await broker.completed("a1", timeout_s=60)
                    ends = {event.id for event in broker.ends("a1")}
                finally:
                    second.stop()
        finally:
            first.stop()
    assert ends == {"a1.0.completed.v1"}
    assert len(llm.asked) == 2


class _Process:
    """An analyzer in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self._port = port

    async def ready(self) -> bool:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self._port}", trust_env=False) as client:
            return await is_ready(client)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def _start(amqp_url: str, mongo_url: str, query_url: str, folder: Path) -> _Process:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LOGLOOP_")},
        "LOGLOOP_AMQP_URL": amqp_url,
        "LOGLOOP_MONGO_URL": mongo_url,
        "LOGLOOP_MONGO_DATABASE": fresh_database(),
        "LOGLOOP_SECRET_KEY": SECRET_KEY,
        "LOGLOOP_QUERY_URL": query_url,
        "LOGLOOP_PORT": str(port),
    }
    with (folder / f"analyzer-{port}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "logloop_analyzer"], env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    return _Process(process, port)


@pytest.mark.parametrize("kind", KINDS)
async def test_every_incident_ends_with_a_report(analyzer: Running, kind: Any) -> None:
    case = incident(kind, 11)
    report = (await analyzer.ask(case)).report
    if case.service is None:
        assert report.verdict == "insufficient"
    else:
        assert report.verdict in {"likely", "confirmed"}
        assert report.findings[0].service_id == case.service


async def test_trying_the_provider_tells_its_own_words(analyzer: Running) -> None:
    answer = await analyzer.http.post("/api/v1/analyzer/providers/test", json={"project_id": "shop"})
    assert answer.status_code == 409
    analyzer.use_model()
    ok = (await analyzer.http.post("/api/v1/analyzer/providers/test", json={})).json()
    assert (ok["ok"], ok["detail"], ok["model"]) == (True, "hello", "test-model")
    analyzer.llm.reply = lambda _: Status(401, "Incorrect API key provided: sk-canary-0123456789abcdef")
    bad = (await analyzer.http.post("/api/v1/analyzer/providers/test", json={})).json()
    assert (bad["ok"], bad["failure"]) == (False, "auth")
    assert "Incorrect API key provided" in bad["detail"]
    assert "canary" not in bad["detail"]


async def test_only_administrators_may_try_the_provider(fresh_amqp_url: str, mongo_url: str) -> None:
    async with running(fresh_amqp_url, mongo_url, no_auth=False) as analyzer:
        answer = await analyzer.http.post("/api/v1/analyzer/providers/test", json={})
        assert answer.status_code == 401


async def test_readiness_names_query_when_it_is_away(analyzer: Running, infra: Infra) -> None:
    assert infra.amqp_url
    body = (await analyzer.http.get("/readyz")).json()
    assert body["checks"] == {"mongodb": "ok", "rabbitmq": "ok", "query": "ok"}


async def test_metrics_count_what_happened(analyzer: Running) -> None:
    analyzer.use_model()
    await analyzer.ask(CASCADE)
    text = (await analyzer.http.get("/metrics")).text
    for name in ("logloop_analyzer_analyses_total", "logloop_analyzer_model_tokens_total", "logloop_messages_total"):
        assert name in text


async def test_the_report_survives_a_round_through_json(analyzer: Running) -> None:
    report = (await analyzer.ask(CASCADE)).report
    assert Report.model_validate_json(report.model_dump_json()) == report
