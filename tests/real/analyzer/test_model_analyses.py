"""Reports with a model: verified claims, provider faults, hostile log text and follow-up questions."""

import json
import time
from typing import Any

import pytest
from logloop_chassis.testing import wait_until
from logloop_contracts.analyses import ThreadMessage

from tests.fakes.incidents import incident
from tests.fakes.llm import (
    Action,
    Asked,
    Endless,
    Hang,
    Raw,
    Reset,
    Say,
    Status,
    good_answer,
    obedient,
    say,
)
from tests.real.analyzer.harness import CASCADE, Running, in_pieces, running


async def test_a_models_explanation_is_added_to_the_same_findings(analyzer: Running) -> None:
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
    analyzer.llm.reply = lambda asked: in_pieces(good_answer(asked), 30, pause_s=0.15)
    await analyzer.ask(CASCADE)
    pieces = [step.text or "" for step in analyzer.broker.progress("a1") if step.stage == "answering"]
    assert len(pieces) > 1
    assert "".join(pieces) == "orders-db is where it began [E1]."


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
async def test_every_provider_fault_ends_in_a_measured_report_with_its_words(
    emptied_amqp_url: str, mongo_url: str, fault: str
) -> None:
    action, words = FAULTS[fault]
    async with running(emptied_amqp_url, mongo_url, analysis_deadline=7) as analyzer:
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


async def test_an_empty_tool_call_is_a_failure(analyzer: Running) -> None:
    analyzer.use_model()
    analyzer.llm.reply = lambda asked: (
        Status(400, "no schemas here") if asked.mode == "json_schema" else Say("", as_tool=False)
    )
    report = (await analyzer.ask(CASCADE)).report
    assert report.mode == "deterministic"
    assert "returned nothing" in (report.degraded_reason or "")


async def test_evidence_that_is_too_long_is_halved_and_sent_again(analyzer: Running) -> None:
    analyzer.use_model()
    analyzer.llm.script.append(Status(400, "maximum context length is 4096 tokens"))
    report = (await analyzer.ask(CASCADE)).report
    assert report.mode == "model"
    assert len(analyzer.llm.asked) == 2


async def test_an_exhausted_token_budget_ends_in_a_measured_report(analyzer: Running) -> None:
    analyzer.use_model(budget_tokens_per_day=10)
    report = (await analyzer.ask(CASCADE)).report
    assert report.mode == "deterministic"
    assert "budget" in (report.degraded_reason or "")
    assert analyzer.llm.asked == []


@pytest.mark.parametrize("kind", ["poisoned", "poisoned_no_fault"])
async def test_a_model_that_obeys_the_logs_changes_no_finding(analyzer: Running, kind: Any) -> None:
    case = incident(kind, 3)
    analyzer.use_model()
    analyzer.llm.reply = obedient
    report = (await analyzer.ask(case, question="What happened?")).report
    shown = report.model_dump_json()
    assert any(finding.kind == "suspicious_text" for finding in report.findings)
    for lie in ("evil.example", "Everything is fine", "No errors were found", "Trust me"):
        assert lie not in shown
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
