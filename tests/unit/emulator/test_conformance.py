"""GitHub's raw job log and act's JSON output of the same step are parsed into the same lines."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from logloop_ci_bridge.emulations.gateway import job_of
from logloop_ci_bridge.github.gateway import Job, Step
from logloop_ci_bridge.runs.job_log import CiLine, parse_job
from logloop_ci_bridge.runs.problem_matchers import MatcherDraft
from logloop_emulator.act_output import ActOutput
from logloop_emulator.masking import Masker
from logloop_emulator.workflow import parse_workflow

AT = datetime(2026, 11, 27, 10, 0, 0, tzinfo=UTC)
WORKFLOW = parse_workflow(
    "on: repository_dispatch\njobs: {build: {runs-on: ubuntu-latest, steps: [{run: make test, name: Test}]}}"
)


def printed(text: str) -> dict[str, Any]:
    return {"msg": text + "\n", "raw_output": True}


def command(name: str, arg: str, **pairs: str) -> dict[str, Any]:
    return {
        "command": name,
        "arg": arg,
        "kvPairs": pairs,
        "msg": f"  ❗  ::{name}::{arg}\n",
        "raw": f"::{name}::{arg}\n",
    }


# What GitHub's log has on a line, and what act prints for it.
PLAIN = (
    "hello",
    "  indented text",
    "\ttab",
    "\x1b[31mred\x1b[0m and \x1b[1;32mgreen\x1b[0m",
    "10%\r50%\r100% done",
    "ERROR: something broke",
    "ERROR something broke",
    "FATAL: out of memory",
    "Error: Cannot find module 'x'",
    "ValueError: bad value",
    "Traceback (most recent call last):",
    "panic: runtime error: index out of range",
    "fatal: not a git repository",
    "npm ERR! code ELIFECYCLE",
    "npm WARN deprecated x@1",
    "warning: unused variable",
    "WARNING: be careful",
    "error[E0308]: mismatched types",
    "2026-11-27 10:00:00,123 ERROR worker failed",
    "2026-11-27 10:00:00 WARN slow",
    "2026-11-27T10:00:00Z INFO started",
    "10:00:00 [DEBUG] details",
    "FAILED tests/test_pay.py::test_card - assert 1 == 2",
    "PASSED tests/test_pay.py::test_cash",
    "tests/test_pay.py::TestPay::test_refund[eur] PASSED                [ 50%]",
    "SKIPPED tests/test_pay.py::test_slow",
    "ERROR tests/test_pay.py - ImportError",
    "[gw0] [ 10%] FAILED tests/test_pay.py::test_card",
    "--- FAIL: TestCheckout (0.02s)",
    "    --- PASS: TestCheckout/small (0.00s)",
    "--- SKIP: TestSlow (0.00s)",
    "test pay::card ... ok",
    "test pay::refund ... FAILED",
    "FAIL: test_card (tests.test_pay.PayTest.test_card)",
    "com.acme.PayTest > paysByCard() FAILED",
    "=========== 1 failed, 2 passed in 0.12s ===========",
    "E   AssertionError: assert 1 == 2",
    "unicode: ü 漢字 🎉",
    "##[group]printed by a program",
    "a line : with :: colons ::",
    '{"level": "error", "msg": "json"}',
    '{"Action":"fail","Package":"acme/pay","Test":"TestCard"}',
    "  Passed Acme.Tests.Pay.Card [12 ms]",
    "  Failed Acme.Tests.Pay.Refund [5 ms]",
    "[xUnit.net 00:00:00.50]     Acme.Tests.Pay.Refund [FAIL]",
    '<testcase classname="t.TestPay" name="card"/>',
    '<testcase classname="t.TestPay" name="card"><failure message="no"/></testcase>',
    "TOTAL                     1200     84    93%",
    "coverage: 85.3% of statements",
    "All files          |   81.25 |      70 |     90 |   81.25 |",
    "src/a.c:3:7: error: unknown type",
)
REPORTS = {
    "jest": (
        "FAIL src/pay.test.js",
        "  pay",
        "    ✓ takes visa (3 ms)",
        "    ✕ takes amex (1 ms)",
        "  ● pay › takes amex",
        "Tests:       1 failed, 1 passed, 2 total",
    ),
    "vitest": (
        " ❯ src/pay.test.ts (2 tests | 1 failed) 8ms",
        "   ✓ pay > takes visa 1ms",
        "   × pay > takes amex 5ms",
        "      Tests  1 failed | 1 passed (2)",
    ),
    "mocha": ("  pay", "    ✔ takes visa (12ms)", "    1) takes amex", "  1 passing (15ms)"),
    "tap": ("TAP version 14", "ok 1 - takes visa", "not ok 2 - takes amex", "ok 3 # SKIP no bank", "1..3"),
    "junit": ('<testcase classname="a.PayTest" name="visa()">', "<failure>no</failure>", "</testcase>"),
}
COMMANDS = (
    ("##[error]it broke", command("error", "it broke")),
    ("##[error]in a file", command("error", "in a file", file="a.py", line="3")),
    ("##[warning]careful", command("warning", "careful")),
    ("##[notice]look", command("notice", "look")),
    ("##[debug]details", command("debug", "details")),
    ("##[group]My group", command("group", "My group")),
    ("##[endgroup]", command("endgroup", "")),
    ("##[add-matcher].github/gcc.json", command("add-matcher", ".github/gcc.json")),
    ("##[remove-matcher owner=gcc]", command("remove-matcher", "", owner="gcc")),
    ("##[error]first\nsecond line", command("error", "first\nsecond line")),
    ("##[error]Process completed with exit code 42.", {"level": "error", "msg": "exit status 42"}),
    ("token ***", printed("token s3cret-value")),
    ("##[warning]token ***", command("warning", "token s3cret-value")),
)
TABLE = [*((line, printed(line)) for line in PLAIN), *COMMANDS]


def github(*lines: str, matchers: tuple[MatcherDraft, ...] = ()) -> tuple[CiLine, ...]:
    """Parse lines as GitHub's job log has them."""
    step = Step(2, "Test", "success", AT, AT)
    job = Job("1", "build", "success", (Step(1, "Set up job", "success", AT, AT), step), AT, AT)
    stamped = (f"2026-11-27T10:00:00.1234567Z {line}" for text in lines for line in text.split("\n"))
    raw = "\ufeff2026-11-27T10:00:00.1Z ##[group]Run make test\n2026-11-27T10:00:00.1Z ##[endgroup]\n" + "\n".join(
        stamped
    )
    return parse_job(job, raw.encode(), (), matchers).lines


def act(
    *entries: dict[str, Any], result: str = "success", matchers: tuple[MatcherDraft, ...] = ()
) -> tuple[CiLine, ...]:
    """Parse entries as act prints them."""
    output = ActOutput(WORKFLOW, Masker(("s3cret-value",)))
    common = {"job": "w/build   ", "jobID": "build", "matrix": {}, "level": "info", "time": "2026-11-27T10:00:00Z"}
    step = {"stage": "Main", "step": "Test", "stepID": ["0"]}
    ends = ({"msg": "✅", "stepResult": result, **step}, {"msg": "🏁", "jobResult": "success"})
    for entry in ({"msg": "⭐ Run Main Test", **step}, *({**step, **entry} for entry in entries), *ends):
        output.feed(json.dumps({**common, **entry}).encode())
    [job] = output.jobs()
    return parse_job(job_of("1", job), job.log.encode(), (), matchers).lines


def facts(lines: tuple[CiLine, ...]) -> list[tuple[Any, ...]]:
    return [(line.severity, line.message, line.step, line.test_id, line.func_id, line.extra) for line in lines]


def test_the_table_is_large_enough() -> None:
    assert len(TABLE) >= 40


@pytest.mark.parametrize(("line", "entry"), TABLE, ids=[repr(line) for line, _ in TABLE])
def test_a_line_is_parsed_the_same(line: str, entry: dict[str, Any]) -> None:
    assert facts(act(entry)) == facts(github(line))


def test_groups_and_failure_blocks_span_lines_in_both() -> None:
    lines = (
        "##[group]pytest",
        "______ test_card ______",
        "E   assert 1 == 2",
        "##[endgroup]",
        "FAILED tests/test_pay.py::test_card - assert 1 == 2",
    )
    entries = (
        command("group", "pytest"),
        printed(lines[1]),
        printed(lines[2]),
        command("endgroup", ""),
        printed(lines[4]),
    )
    assert facts(act(*entries)) == facts(github(*lines))
    assert {line.test_id for line in act(*entries)[2:]} == {"tests/test_pay.py::test_card"}


@pytest.mark.parametrize("tool", REPORTS)
def test_a_report_of_several_lines_is_parsed_the_same(tool: str) -> None:
    lines = REPORTS[tool]
    emulated = facts(act(*(printed(line) for line in lines)))
    assert emulated == facts(github(*lines))
    assert any(test_id for _, _, _, test_id, _, _ in emulated)


def test_a_problem_matcher_that_is_added_finds_the_same() -> None:
    pattern = {"regexp": r"^(.+?):(\d+):\d+: error: (.*)$", "file": 1, "line": 2, "message": 3}
    gcc = MatcherDraft.model_validate(
        {"name": "gcc", "file": "gcc.json", "problemMatcher": [{"owner": "gcc", "pattern": [pattern]}]}
    )
    problem = "src/a.c:3:7: error: unknown type"
    printed_by_act = (
        command("add-matcher", "x/gcc.json"),
        printed(problem),
        command("remove-matcher", "", owner="gcc"),
    )
    emulated = act(*printed_by_act, printed(problem), matchers=(gcc,))
    shown = ("##[add-matcher]x/gcc.json", problem, "##[remove-matcher owner=gcc]", problem)
    assert facts(emulated) == facts(github(*shown, matchers=(gcc,)))
    assert [line.extra.get("ci.file") for line in emulated if line.message == problem] == ["src/a.c", None]
