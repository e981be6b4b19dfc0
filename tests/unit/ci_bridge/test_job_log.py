"""The parser of job output, one row for each format."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_ci_bridge.github.gateway import Annotation, Job, Step
from logloop_ci_bridge.runs.batches import batches_of
from logloop_ci_bridge.runs.job_log import CiLine, clean_text, parse_job
from logloop_ci_bridge.runs.run import Run

BEGAN = datetime(2025, 4, 7, 12, 57, 30, tzinfo=UTC)
STAMP = "2025-04-07T12:57:33.2943173Z "


def second(number: int) -> datetime:
    return BEGAN.replace(second=number)


def job(*steps: Step, conclusion: str | None = "success") -> Job:
    return Job("77", "build", conclusion, steps, BEGAN, second(50))


def lines(text: str, **more: Any) -> list[CiLine]:
    return list(parse_job(more.pop("of", job()), text.encode(), **more).lines)


def one(text: str) -> CiLine:
    [found] = lines(STAMP + text)
    return found


@pytest.mark.parametrize(
    ("text", "severity", "message"),
    [
        ("hello", "info", "hello"),
        ("##[error]Process completed with exit code 1.", "error", "Process completed with exit code 1."),
        ("##[warning]old node", "warn", "old node"),
        ("##[notice]look", "info", "look"),
        ("##[debug]inner", "debug", "inner"),
        ("##[group]Operating System", "info", "Operating System"),
        ("[command]/usr/bin/git version", "info", "/usr/bin/git version"),
        ("::error file=a.py,line=3::broken%0Atwice", "error", "broken\ntwice"),
        ("\x1b[36;1mcolour\x1b[0m", "info", "colour"),
        ("\x1b]0;title\x07text", "info", "text"),
        ("10%\r50%\r100%", "info", "100%"),
        ("nul\x00bell\x07", "info", "nulbell"),
        ("ERROR: no such file", "error", "ERROR: no such file"),
        ("2026-01-01 10:00:00,123 ERROR payments: refused", "error", None),
        ("2026-01-01 10:00:00 [WARN] slow", "warn", None),
        ("ValueError: bad", "error", "ValueError: bad"),
        ("E   assert 1 == 2", "error", "E   assert 1 == 2"),
        ("npm ERR! code 1", "error", None),
        ("error[E0308]: mismatched types", "error", None),
        ("error: linking failed", "error", None),
        ("warning: unused variable", "warn", None),
        ("Traceback (most recent call last):", "error", None),
        ("panic: runtime error", "error", None),
        ("no error here", "info", None),
        ("errors: 0", "info", None),
        ("0 failed, 3 passed", "info", None),
    ],
)
def test_commands_colours_and_severities(text: str, severity: str, message: str | None) -> None:
    found = one(text)
    assert found.severity.value == severity
    if message is not None:
        assert found.message == message


@pytest.mark.parametrize(
    ("text", "test_id", "func_id", "outcome"),
    [
        ("tests/t.py::test_a PASSED   [ 50%]", "tests/t.py::test_a", "tests.t:test_a", "passed"),
        ("[gw0] [ 50%] FAILED tests/t.py::T::test_b", "tests/t.py::T::test_b", "tests.t:T.test_b", "failed"),
        ("FAILED tests/t.py::test_c[a b] - assert 1 == 2", "tests/t.py::test_c[a b]", "tests.t:test_c", "failed"),
        ("ERROR tests/t.py::test_d - RuntimeError: x", "tests/t.py::test_d", "tests.t:test_d", "failed"),
        ("ERROR tests/t.py", "tests/t.py", None, "failed"),
        ("tests/t.py::test_e SKIPPED (no gpu)", "tests/t.py::test_e", "tests.t:test_e", "skipped"),
        ("--- FAIL: TestPay (0.01s)", "TestPay", "TestPay", "failed"),
        ("    --- PASS: TestPay/visa (0.00s)", "TestPay/visa", "TestPay", "passed"),
        ("test pay::card ... FAILED", "pay::card", "pay::card", "failed"),
        ("test pay::card ... ok", "pay::card", "pay::card", "passed"),
        ("FAIL: test_x (tests.t.TestCase.test_x)", "tests.t.TestCase.test_x", "tests.t:TestCase.test_x", "failed"),
        ("PayTest > card() FAILED", "PayTest > card()", "PayTest.card", "failed"),
        ("com.acme.PayTest > card() PASSED", "com.acme.PayTest > card()", "com.acme:PayTest.card", "passed"),
        ("  Passed Acme.Tests.Pay.Card [12 ms]", "Acme.Tests.Pay.Card", "Acme.Tests.Pay.Card", "passed"),
        ('  Failed Acme.Pay.Card(kind: "visa") [< 1 ms]', 'Acme.Pay.Card(kind: "visa")', "Acme.Pay.Card", "failed"),
        ("  Skipped Acme.Pay.Slow [1 ms]", "Acme.Pay.Slow", "Acme.Pay.Slow", "skipped"),
        ("[xUnit.net 00:00:00.50]     Acme.Pay.Card [FAIL]", "Acme.Pay.Card", "Acme.Pay.Card", "failed"),
        ("=== FAIL: acme/pay TestCard (0.00s)", "TestCard", "TestCard", "failed"),
        (
            '{"Action":"fail","Package":"acme/pay","Test":"TestCard/visa"}',
            "TestCard/visa",
            "acme/pay.TestCard",
            "failed",
        ),
        ('{"Action":"run","Package":"acme/pay","Test":"TestCard"}', None, None, None),
        ('{"Test": broken', None, None, None),
        ('<testcase classname="t.TestPay" name="card[a&amp;b]"/>', "t.TestPay.card[a&b]", "t:TestPay.card", "passed"),
        ("<testcase name='card'><failure message='no'/></testcase>", "card", None, "failed"),
        ("  Passed the review [2 ms]", None, None, None),
        ("✓ built in 3.2s", None, None, None),
        ("  ✓ compiled (3 ms)", None, None, None),
        ("ok 1 - not TAP without a plan", None, None, None),
        ("nothing about tests", None, None, None),
        ("1 FAILED in total", None, None, None),
    ],
)
def test_lines_about_tests_carry_the_test(
    text: str, test_id: str | None, func_id: str | None, outcome: str | None
) -> None:
    found = one(text)
    assert (found.test_id, found.func_id, found.extra.get("ci.test_outcome")) == (test_id, func_id, outcome)


def test_the_failure_block_belongs_to_the_test_that_the_summary_names_later() -> None:
    text = "\n".join(
        STAMP + line
        for line in (
            "=================== FAILURES ===================",
            "______________ TestPay.test_card[visa] ______________",
            "    def test_card(kind):",
            "E   AssertionError: assert 1 == 2",
            "=========== short test summary info ============",
            "FAILED tests/test_pay.py::TestPay::test_card[visa] - AssertionError",
            "after",
        )
    )
    found = {line.message.strip(): line.test_id for line in lines(text)}
    node = "tests/test_pay.py::TestPay::test_card[visa]"
    assert found["def test_card(kind):"] == found["E   AssertionError: assert 1 == 2"] == node
    assert found["after"] is None
    assert parse_job(job(), text.encode()).failed_tests == (node,)


def test_timestamps_keep_microseconds_and_lines_without_one_take_that_of_the_previous_line() -> None:
    found = lines(f"\ufeff{STAMP}one\ntwo\n{STAMP}\n")
    assert [(line.message, line.timestamp.isoformat()) for line in found] == [
        ("one", "2025-04-07T12:57:33.294317+00:00"),
        ("two", "2025-04-07T12:57:33.294317+00:00"),
    ]


def test_lines_carry_the_name_of_their_group() -> None:
    found = lines(f"{STAMP}##[group]Setup\n{STAMP}inside\n{STAMP}##[endgroup]\n{STAMP}outside")
    assert [(line.message, line.extra.get("ci.group")) for line in found] == [
        ("Setup", "Setup"),
        ("inside", "Setup"),
        ("outside", None),
    ]


def test_within_the_second_of_its_start_a_step_begins_with_its_first_line() -> None:
    steps = (
        Step(1, "Set up job", "success", second(30), second(33)),
        Step(2, "skipped one", "skipped", second(33), second(33)),
        Step(3, "Run tests", "failure", second(33), second(40)),
    )
    text = "\n".join(
        f"2025-04-07T12:57:{at}Z {line}"
        for at, line in (
            ("30.5", "preparing"),
            ("33.1", "still preparing"),
            ("33.2", "##[group]Run pytest"),
            ("33.3", "testing"),
            ("35.0", "more"),
        )
    )
    found = lines(text, of=job(*steps))
    assert [line.step for line in found] == ["Set up job", "Set up job", "Run tests", "Run tests", "Run tests"]


def test_annotations_locate_a_line_or_become_one() -> None:
    annotations = [Annotation("failure", "broken", "a.py", 3), Annotation("warning", "unseen", "b.py", 9, "t")]
    parsed = parse_job(job(), f"{STAMP}##[error]broken".encode(), annotations)
    assert parsed.lines[0].extra["ci.file"] == "a.py"
    assert [(line.severity.value, line.message) for line in parsed.ending] == [
        ("warn", "b.py:9: unseen"),
        ("info", "job build: success after 20 s"),
    ]


def test_a_job_without_a_log_still_shows_its_conclusion() -> None:
    failed = job(Step(1, "Run tests", "failure", BEGAN, BEGAN), conclusion="failure")
    parsed = parse_job(failed, None)
    assert parsed.lines == ()
    assert parsed.ending[-1].message == "job build: failure after 20 s in step Run tests"
    assert parsed.ending[-1].severity == "error"


@given(st.binary(max_size=400))
def test_any_bytes_become_valid_log_entries(raw: bytes) -> None:
    parsed = parse_job(job(), raw)
    run = Run(run_id="9", repository="a/b", status="completed", project_id="shop", service_id="ci", hop=0)
    rows = sum(batch.num_rows for _, batch in batches_of(run, job(), parsed))
    assert rows == len(parsed.lines) + 1


@given(st.text(max_size=200))
def test_cleaned_text_has_no_control_characters(text: str) -> None:
    cleaned = clean_text(text)
    assert not any(ord(character) < 32 and character not in "\t\n" for character in cleaned)


def test_a_line_that_is_too_long_for_a_log_entry_is_split() -> None:
    found = lines(STAMP + "ü" * 300_000)
    assert "".join(line.message for line in found) == "ü" * 300_000
    assert len({line.number for line in found}) == 1


def test_batch_ids_derive_from_run_attempt_and_job_alone() -> None:
    run = Run(run_id="9", repository="a/b", status="completed", project_id="shop", service_id="ci")
    parsed = parse_job(job(), "\n".join(f"{STAMP}{n}" for n in range(5001)).encode())
    first = [batch_id for batch_id, _ in batches_of(run, job(), parsed)]
    assert first == [batch_id for batch_id, _ in batches_of(run, job(), parsed)]
    assert len(set(first)) == 3
    other = run.model_copy(update={"attempt": 2})
    assert not set(first) & {batch_id for batch_id, _ in batches_of(other, job(), parsed)}
