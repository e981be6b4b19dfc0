"""Test reports of several lines, and summaries of coverage."""

from datetime import UTC, datetime

import pytest
from logloop_ci_bridge.github.gateway import Job
from logloop_ci_bridge.runs.job_log import parse_job
from logloop_ci_bridge.runs.output import RunOutput

JOB = Job("1", "build", "success", (), datetime(2026, 11, 27, tzinfo=UTC))
JEST = """\
FAIL src/pay.test.js
  pay
    cards
      ✓ takes visa (3 ms)
      ✕ takes amex (1 ms)
    ○ skipped refunds

  ● pay › cards › takes amex

    expect(received).toBe(expected)
PASS src/cart.test.js
  ✓ adds
Test Suites: 1 failed, 1 passed, 2 total
Tests:       1 failed, 1 skipped, 2 passed, 4 total
"""
VITEST = """\
 RUN  v3.0.0 /repo

 ✓ src/cart.test.ts (1 test) 3ms
   ✓ cart > adds 1ms
 ❯ src/pay.test.ts (3 tests | 1 failed) 8ms
   ✓ pay > takes visa 1ms
   × pay > takes amex 5ms
     → expected 1 to be 2
   ↓ pay > refunds
 FAIL  src/pay.test.ts > pay > takes amex
AssertionError: expected 1 to be 2
 Test Files  1 failed | 1 passed (2)
      Tests  1 failed | 1 skipped | 2 passed (4)
"""
MOCHA = """\
  pay
    cards
      ✔ takes visa (12ms)
      1) takes amex
    - refunds


  1 passing (15ms)
  1 pending
  1 failing

  1) pay
       cards
         takes amex:
"""
TAP = """\
TAP version 14
1..4
ok 1 - takes visa
not ok 2 - takes amex
ok 3 - refunds # SKIP no bank
not ok 4 - later # TODO not written
# tests 4
"""
JUNIT = """\
<testsuite name="pay">
<testcase classname="com.acme.PayTest" name="visa()" time="0.1">
</testcase>
<testcase classname="com.acme.PayTest" name="amex()">
  <failure message="no &lt;card&gt;">java.lang.AssertionError</failure>
</testcase>
<testcase classname="com.acme.PayTest" name="refund()"><skipped/></testcase></testsuite>
"""
ONE_LINE = JUNIT.replace("\n", "")


def results(text: str) -> dict[str, str]:
    """The outcome of each test by its id."""
    output = RunOutput()
    output.add(JOB, parse_job(JOB, text.encode()))
    return {test.test_id: test.outcome for test in output.tests}


@pytest.mark.parametrize(
    ("text", "passed", "failed", "skipped"),
    [
        (
            JEST,
            {"src/pay.test.js > pay > cards > takes visa", "src/cart.test.js > adds"},
            {"src/pay.test.js > pay > cards > takes amex"},
            {"src/pay.test.js > pay > refunds"},
        ),
        (
            VITEST,
            {"src/cart.test.ts > cart > adds", "src/pay.test.ts > pay > takes visa"},
            {"src/pay.test.ts > pay > takes amex"},
            {"src/pay.test.ts > pay > refunds"},
        ),
        (MOCHA, {"pay > cards > takes visa"}, {"pay > cards > takes amex"}, {"pay > refunds"}),
        (TAP, {"takes visa"}, {"takes amex"}, {"refunds", "later"}),
        (JUNIT, {"com.acme.PayTest.visa()"}, {"com.acme.PayTest.amex()"}, {"com.acme.PayTest.refund()"}),
        (ONE_LINE, {"com.acme.PayTest.visa()"}, {"com.acme.PayTest.amex()"}, {"com.acme.PayTest.refund()"}),
    ],
    ids=["jest", "vitest", "mocha", "tap", "junit", "junit in one line"],
)
def test_the_tests_of_a_report_have_outcomes(
    text: str, passed: set[str], failed: set[str], skipped: set[str]
) -> None:
    found = results(text)
    assert found == {
        **dict.fromkeys(passed, "passed"),
        **dict.fromkeys(failed, "failed"),
        **dict.fromkeys(skipped, "skipped"),
    }


def test_a_line_of_a_report_is_about_its_test_and_a_failure_is_an_error() -> None:
    lines = {line.message.strip(): line for line in parse_job(JOB, JEST.encode()).lines}
    assert lines["✕ takes amex (1 ms)"].test_id == "src/pay.test.js > pay > cards > takes amex"
    assert lines["✕ takes amex (1 ms)"].severity == "error"
    assert lines["✓ adds"].test_id == "src/cart.test.js > adds"
    junit = {line.message.strip(): line for line in parse_job(JOB, JUNIT.encode()).lines}
    failure = junit['<failure message="no &lt;card&gt;">java.lang.AssertionError</failure>']
    assert (failure.test_id, failure.func_id) == ("com.acme.PayTest.amex()", "com.acme:PayTest.amex")


@pytest.mark.parametrize(
    ("line", "percent"),
    [
        ("TOTAL                     1200     84    93%", 93),
        ("TOTAL      1200     84    300     12   92.5%", 92.5),
        ("coverage: 85.3% of statements", 85.3),
        ("ok  \tacme/pay\t0.012s\tcoverage: 85.3% of statements in ./...", 85.3),
        ("All files          |   81.25 |      70 |     90 |   81.25 |", 81.25),
        ("85.00% coverage, 17/20 lines covered, +0.00% change in coverage", 85),
        ("| Total   | 88.1%  | 75%    | 90%    |", 88.1),
        ("  lines......: 85.0% (17 of 20 lines)", 85),
        ("100% done", None),
        ("coverage: 185% of statements", None),
    ],
)
def test_summaries_of_coverage_are_read(line: str, percent: float | None) -> None:
    output = RunOutput()
    output.add(JOB, parse_job(JOB, f"first\n{line}\nlast".encode()))
    assert output.coverage == percent
