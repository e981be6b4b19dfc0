"""Results are read from what test runners write."""

from datetime import UTC, datetime, timedelta
from pathlib import PurePath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logloop.results import go_json, jest_json, junit, tap
from logloop.results.model import InvalidResults, Result, Results
from logloop.results.reading import FORMATS, read, recognise

from tests.unit.logloop.results import samples

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def outcomes(results: Results) -> list[tuple[str, str]]:
    return [(item.test_id, item.outcome) for item in results.results]


def by_id(results: Results) -> dict[str, Result]:
    return {item.test_id: item for item in results.results}


# -- JUnit XML


def test_junit_of_pytest() -> None:
    found = junit.read(samples.PYTEST)

    assert outcomes(found) == [
        ("tests.test_shop.test_ok", "passed"),
        ("tests.test_shop.TestCard.test_bad[visa]", "failed"),
        ("tests.test_shop.test_skipped", "skipped"),
        ("tests.test_shop.test_known", "xfailed"),
        ("tests.test_broken", "error"),
    ]
    start = AT + timedelta(seconds=0.5)
    bad = found.results[1]
    assert (found.started_at, bad.ended_at, bad.duration_s) == (start, start + timedelta(seconds=0.251), 0.25)
    assert bad.reason.startswith("AssertionError: sums")
    assert bad.stacktrace is not None
    assert bad.stacktrace.endswith("tests/test_shop.py:15: AssertionError")
    assert bad.output == (("stdout", "some output\n"),)
    assert found.results[2].reason == "not today"


def test_junit_of_surefire_holds_every_attempt() -> None:
    found = junit.read(samples.SUREFIRE)

    shown = [(item.test_id.rpartition(".")[2], item.outcome, item.attempt, item.retried) for item in found.results]
    assert shown == [
        ("flaky", "failed", 1, True),
        ("flaky", "error", 2, True),
        ("flaky", "passed", 3, False),
        ("bad", "failed", 1, True),
        ("bad", "failed", 2, True),
        ("bad", "error", 3, False),
        ("off", "skipped", 1, False),
    ]
    first, second, third, bad, *_ = found.results
    assert (first.kind, first.reason) == ("org.opentest4j.AssertionFailedError", "expected: <1> but was: <2>")
    assert first.stacktrace is not None
    assert first.stacktrace.endswith("at com.acme.PayTest.flaky(PayTest.java:9)")
    assert (first.output, third.output) == ((("stdout", "first try"),), (("stdout", "third try"),))
    assert second.reason == "timeout"
    assert (bad.duration_s, bad.ended_at, found.started_at) == (1000.5, None, None)


def test_junit_with_nested_suites() -> None:
    found = junit.read(samples.NESTED)

    assert outcomes(found) == [("Cart adds", "passed"), ("C.a", "passed"), ("C.disabled", "skipped")]
    ends = [item.ended_at for item in found.results]
    early = AT - timedelta(hours=1)
    assert ends == [AT + timedelta(seconds=1), early + timedelta(seconds=2), AT + timedelta(seconds=3)]
    assert (found.started_at, found.output) == (early, [("stderr", "warning: slow")])


def test_junit_of_node_names_tests_by_their_suites() -> None:
    found = junit.read(
        b'<testsuites><testsuite name="cart"><testcase name="adds" classname="test"/></testsuite>'
        b'<testcase name="plain" classname="test"/></testsuites>'
    )

    assert outcomes(found) == [("cart > adds", "passed"), ("plain", "passed")]


def test_junit_with_a_suite_that_fails_as_a_whole() -> None:
    found = junit.read(b'<testsuite name="Pay"><error message="no database" type="SQLError">at x</error></testsuite>')

    [error] = found.results
    assert (error.test_id, error.outcome, error.reason, error.kind) == ("Pay", "error", "no database", "SQLError")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'<!DOCTYPE a [<!ENTITY x "y">]><testsuite><testcase name="&x;"/></testsuite>', "document type"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><testsuite/>', "document type"),
        (b"<html><testsuite/></html>", "begins with <html>"),
        (b"<testsuite>", "not well-formed"),
        (b'<?xml version="1.0" encoding="no-such"?><testsuite/>', "not well-formed"),
        (b"<testsuite>" + b"<a>" * 300, "nested"),
        (b"<testsuite>&x;</testsuite>", "not well-formed"),
    ],
)
def test_junit_that_cannot_be_read_is_refused_with_the_reason(text: bytes, said: str) -> None:
    with pytest.raises(InvalidResults, match=said):
        junit.read(text)


# -- TAP


def test_tap_14() -> None:
    found = tap.read(samples.TAP)

    assert outcomes(found) == [
        ("opens the file", "passed"),
        ("first line is valid", "failed"),
        ("test 3", "skipped"),
        ("later", "xfailed"),
        ("early", "xpassed"),
        ("cart > adds", "passed"),
        ("cart > removes # 1", "failed"),
        ("cart > deep > inner", "passed"),
        ("order # Subtotal # TODO", "passed"),
        ("test 8", "failed"),
    ]
    tests = by_id(found)
    invalid = tests["first line is valid"]
    assert (invalid.reason, invalid.duration_s) == ("First line invalid", 0.0125)
    assert invalid.stacktrace is not None
    assert "got: Flirble" in invalid.stacktrace
    assert tests["cart > removes # 1"].reason == "expected 2, got 3"
    assert tests["test 8"].stacktrace == "Failed test at t/a.t line 3."
    assert (tests["test 3"].reason, tests["later"].reason) == ("no network", "not written yet")


def test_tap_of_node() -> None:
    [failed] = tap.read(samples.NODE).results

    assert (failed.test_id, failed.outcome) == ("/src/cart.test.js > subtracts", "failed")
    assert (failed.kind, failed.duration_s) == ("AssertionError", 0.00107)
    assert failed.reason == "Expected values to be strictly equal:\n\n1 !== 2"


def test_a_subtest_that_fails_by_itself_is_a_result() -> None:
    found = tap.read(b"    ok 1 - a\n    1..1\nnot ok 1 - teardown\n1..1\n")

    assert outcomes(found) == [("teardown > a", "passed"), ("teardown", "failed")]


def test_tap_that_ends_early_is_an_error() -> None:
    bailed = tap.read(b"1..3\nok 1 - a\nBail out! no database\n")
    short = tap.read(b"1..3\nok 1 - a\n")
    skipped = tap.read(b"1..0 # SKIP no network\n")

    assert [(item.test_id, item.reason) for item in bailed.results[1:]] == [("Bail out!", "no database")]
    assert [(item.test_id, item.reason) for item in short.results[1:]] == [("plan 1..3", "1 of 3 planned tests ran")]
    assert skipped.results == []


# -- go test -json


def test_go() -> None:
    found = go_json.read(samples.GO)

    assert outcomes(found) == [
        ("acme/pay.TestSum", "failed"),
        ("acme/pay.TestCard/visa", "passed"),
        ("acme/pay.TestOff", "skipped"),
    ]
    failed, passed, skipped = found.results
    assert (failed.reason, failed.stacktrace) == ("got 3, want 2", "    pay_test.go:6: got 3, want 2")
    assert (failed.duration_s, passed.ended_at) == (0.02, AT + timedelta(seconds=0.3))
    assert (skipped.reason, found.started_at) == ("no network", AT)


def test_a_go_test_with_subtests_is_a_result_only_if_it_fails_by_itself() -> None:
    found = go_json.read(samples.GO_SUBTESTS)

    assert outcomes(found) == [("p.TestA/bad", "failed"), ("p.TestB/good", "passed"), ("p.TestB", "failed")]
    assert found.results[-1].reason == "cleanup failed"


@pytest.mark.parametrize("text", [samples.GO_BUILD, samples.GO_OLD_BUILD])
def test_a_go_package_that_does_not_build_is_an_error(text: bytes) -> None:
    [error] = go_json.read(text).results

    assert (error.test_id, error.outcome) == ("acme/cart", "error")
    assert error.stacktrace is not None
    assert "cart/cart.go:3:1: undefined: x" in error.stacktrace


def test_a_go_test_that_panics_is_an_error_with_its_trace() -> None:
    [error] = go_json.read(samples.GO_PANIC).results

    assert (error.test_id, error.outcome, error.kind) == ("acme/pay.TestPanics", "error", "panic")
    assert error.reason == "no card"


def test_a_go_output_that_was_cut_has_an_error_for_what_was_running() -> None:
    [error] = go_json.read(b'{"Action":"run","Package":"p","Test":"TestA"}\n').results

    assert (error.test_id, error.outcome, error.reason) == ("p.TestA", "error", "the output ends before the test")


# -- jest and vitest


def test_jest() -> None:
    found = jest_json.read(samples.JEST, PurePath("/repo"))

    assert [(item.test_id, item.outcome, item.attempt, item.retried) for item in found.results] == [
        ("src/cart.test.js > Cart > adds > one", "failed", 1, True),
        ("src/cart.test.js > Cart > adds > one", "passed", 2, False),
        ("src/cart.test.js > Cart > fails", "failed", 1, False),
        ("src/cart.test.js > later", "skipped", 1, False),
        ("src/broken.test.js", "error", 1, False),
    ]
    retried, passed, failed, _, broken = found.results
    assert (retried.kind, retried.reason) == ("Error", "busy")
    assert (failed.kind, failed.reason) == ("TypeError", "x is not a function")
    started = datetime.fromtimestamp(1795341600, UTC)
    assert (found.started_at, passed.ended_at, passed.duration_s) == (started, started + timedelta(seconds=1.5), 1.5)
    assert broken.stacktrace is not None
    assert "SyntaxError" in broken.stacktrace


def test_jest_paths_outside_the_folder_and_of_windows_are_kept() -> None:
    one = b'{"testResults": [{"name": %s, "assertionResults": [{"title": "t", "status": "passed"}]}]}'

    [outside] = jest_json.read(one % b'"/other/a.js"', PurePath("/repo")).results
    [windows] = jest_json.read(one % b'"C:\\\\repo\\\\a.js"', PurePath("/repo")).results

    assert (outside.test_id, windows.test_id) == ("/other/a.js > t", "C:/repo/a.js > t")


# -- all formats


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (samples.PYTEST, "junit"),
        (b"\xef\xbb\xbf" + samples.SUREFIRE, "junit"),
        (samples.TAP, "tap"),
        (b"> test\n> tape t.js\n\nok 1 - a\n", "tap"),
        (samples.GO, "go"),
        (samples.GO_OLD_BUILD, "go"),
        (samples.JEST, "jest"),
    ],
)
def test_a_format_is_recognised_by_its_content(text: bytes, name: str) -> None:
    assert recognise(text) == name
    assert read(text).results


@pytest.mark.parametrize("text", [b"", b"hello", b"{}", b"[1]", b'{"a": 1}'])
def test_other_content_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidResults, match="--format"):
        read(text)


def test_more_tests_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logloop.results.model.MAX_TESTS", 2)

    with pytest.raises(InvalidResults, match="more than 2"):
        junit.read(samples.PYTEST)


SAMPLES = [value for value in vars(samples).values() if isinstance(value, bytes)]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A sample with a part cut out, repeated or replaced."""
    text = draw(st.sampled_from(SAMPLES))
    start = draw(st.integers(0, len(text)))
    end = min(len(text), start + draw(st.integers(0, 40)))
    return text[:start] + draw(st.binary(max_size=20)) * draw(st.integers(0, 3)) + text[end:]


@settings(max_examples=300, deadline=None)
@given(st.one_of(damaged(), st.binary(max_size=200), st.text(max_size=200).map(str.encode)), st.sampled_from(FORMATS))
def test_no_content_makes_a_reader_fail_in_another_way(text: bytes, name: str) -> None:
    for format_name in (None, name):
        try:
            found = read(text, format_name)
        except InvalidResults:
            continue
        for item in found.results:
            assert item.test_id
            assert "\n" not in item.test_id
            item.reason.encode()


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "testResults",
                    "assertionResults",
                    "name",
                    "status",
                    "title",
                    "startTime",
                    "duration",
                    "Action",
                    "Test",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@settings(max_examples=200, deadline=None)
@given(_VALUES)
def test_json_of_any_shape_is_read_or_refused(value: object) -> None:
    import json

    for format_name in ("jest", "go"):
        try:
            read(json.dumps(value).encode(), format_name)
        except InvalidResults:
            continue
