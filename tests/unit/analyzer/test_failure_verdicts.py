"""What kind of failure a test has, from outcomes alone."""

from logloop_analyzer.comparison.verdict import judge

from tests.unit.analyzer.attempts_of_tests import outcome, run_of

GOOD, BAD = "9" * 40, "4" * 40


def test_a_failure_on_every_attempt_since_one_commit_is_a_regression() -> None:
    subject = outcome(5, "failed", BAD)
    history = [subject, outcome(4, "failed", BAD), outcome(3, "passed", GOOD), outcome(2, "passed", GOOD)]
    verdict = judge(subject, history, run_of(subject, failed=1, passed=20))
    assert (verdict.kind, verdict.first_bad_commit, verdict.last_good_commit) == ("regressed", BAD, GOOD)
    assert verdict.reason == "it has failed twice in a row since commit 4444444444 and passed on 9999999999"


def test_a_single_failure_on_a_new_commit_is_unknown_and_says_which_run_would_settle_it() -> None:
    subject = outcome(5, "failed", BAD)
    verdict = judge(subject, [subject, outcome(3, "passed", GOOD)], run_of(subject, failed=1, passed=20))
    assert verdict.kind == "unknown"
    assert verdict.settle == "run it again on commit 4444444444: a pass means flaky, a failure regressed"


def test_a_test_that_passes_and_fails_on_one_commit_is_flaky_also_when_the_pass_comes_later() -> None:
    subject = outcome(5, "failed", BAD)
    history = [outcome(6, "passed", BAD), subject, outcome(4, "passed", GOOD)]
    verdict = judge(subject, history, run_of(subject, failed=1, passed=20))
    assert (verdict.kind, verdict.reason) == ("flaky", "on commit 4444444444 it failed once and passed once")


def test_changed_sources_are_not_one_commit() -> None:
    subject = outcome(5, "failed", f"{BAD}-dirty")
    history = [subject, outcome(4, "passed", f"{BAD}-dirty")]
    verdict = judge(subject, history, run_of(subject, failed=1, passed=20))
    assert verdict.kind == "unknown"
    assert "sources were changed" in verdict.reason


def test_an_equal_failure_that_comes_back_after_a_pass_is_flaky() -> None:
    subject = outcome(9, "failed")
    history = [subject, outcome(8, "passed"), outcome(7, "failed"), outcome(6, "passed")]
    assert judge(subject, history, run_of(subject, failed=1)).kind == "flaky"
    history[2] = outcome(7, "failed", failure="another failure")
    assert judge(subject, history, run_of(subject, failed=1)).kind == "unknown"


def test_a_run_in_which_most_tests_fail_is_an_infrastructure_failure() -> None:
    subject = outcome(5, "failed", BAD)
    history = [subject, outcome(4, "failed", BAD), outcome(3, "passed", GOOD)]
    assert judge(subject, history, run_of(subject, failed=6, error=2, passed=2)).kind == "infrastructure"
    assert judge(subject, history, run_of(subject, failed=7, passed=2)).kind == "regressed"
    assert judge(subject, history, run_of(subject, failed=4)).kind == "regressed", "too few tests to tell"


def test_one_error_before_the_tests_of_several_files_is_an_infrastructure_failure() -> None:
    refused = "ConnectionRefusedError: <*>"
    subject = outcome(5, "error", BAD, failure=refused)
    others = [outcome(5, "error", BAD, failure=refused, test_id=f"tests/test_{name}.py::test_x") for name in "abc"]
    verdict = judge(subject, [subject], run_of(subject, *others, error=4, passed=50))
    assert verdict.kind == "infrastructure"
    assert verdict.reason == "4 tests in 4 files failed in the same way before they began"
    assert judge(subject, [subject], run_of(subject, *others[:1], error=2, passed=50)).kind == "unknown"


def test_without_commits_a_long_streak_after_passes_is_a_regression() -> None:
    subject = outcome(9, "failed")
    history = [subject, *(outcome(number, "failed") for number in (8, 7))]
    history += [outcome(number, "passed") for number in (6, 5, 4)]
    verdict = judge(subject, history, run_of(subject, failed=1, passed=9))
    assert (verdict.kind, verdict.first_bad_commit) == ("regressed", None)
    assert judge(subject, history[:-1], run_of(subject, failed=1, passed=9)).kind == "unknown"


def test_a_test_that_never_passed_and_one_that_passed() -> None:
    subject = outcome(5, "failed", BAD)
    assert judge(subject, [subject], run_of(subject)).reason == "there is no earlier run in which it passed"
    passed = outcome(6, "passed", BAD)
    assert judge(passed, [passed, subject], run_of(passed)).kind == "passed"
    skipped = outcome(7, "skipped", BAD)
    assert judge(skipped, [skipped, subject], run_of(skipped)).kind == "passed"
