"""Checks on the logs of a test."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_contracts.log_checks import CheckedLine, Follows, Never, fits, violations
from logloop_contracts.patterns.masking import mask_text


def lines(*messages: str, service: str = "pay") -> list[CheckedLine]:
    return [CheckedLine(service, "info", message) for message in messages]


@pytest.mark.parametrize(
    ("template", "message", "expected"),
    [
        ("paid", "paid", True),
        ("paid", "paid twice", False),
        ("paid <*> EUR", "paid 12 EUR", True),
        ("paid <*> EUR", "paid  12\t EUR", True),
        ("paid <*> EUR", "paid EUR", False),
        ("paid <*>", "paid ", False),
        ("<*> of <*>", "1 of 2 of 3", True),
        ("<*>", "", False),
        ("a<*>b", "ab", False),
        ("a<*>b<*>b", "axbb", False),
        ("", "", True),
    ],
)
def test_a_template_fits_what_differs_in_its_variables(template: str, message: str, *, expected: bool) -> None:
    assert fits(template, message) is expected


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<>*"), max_size=60))
def test_a_message_fits_its_own_pattern(message: str) -> None:
    assert fits(mask_text(message), message)


def test_a_hostile_template_takes_linear_time() -> None:
    assert not fits("<*>a" * 5_000 + "b", "a" * 100_000)


def test_never_counts_the_lines_of_its_service_and_severity() -> None:
    check = Never("pay", "info", "retry <*>")
    assert check.violation(lines("begin", "end") + lines("retry 1", service="cart")) is None
    assert check.violation([CheckedLine("pay", "debug", "retry 1")]) is None
    assert check.violation(lines("retry 1", "retry 2")) == "pay logged 'retry <*>' (info) 2 times"


def test_follows_looks_at_the_next_other_line_of_its_service() -> None:
    check = Follows("pay", "timeout <*>", "switch")
    assert check.violation([*lines("timeout 1", "timeout 2"), *lines("x", service="cart"), *lines("switch")]) is None
    assert check.violation(lines("timeout 1", "again", "timeout 2", "switch")) is None
    assert check.violation(lines("timeout 1", "again", "switch")) == (
        "pay did not log 'switch' after 'timeout <*>', but 'again'"
    )
    assert check.violation(lines("switch", "timeout 1")) == (
        "pay did not log 'switch' after 'timeout <*>', but nothing"
    )
    assert check.violation(lines("switch")) == "pay did not log 'timeout <*>', which 'switch' must follow"


def test_a_service_begins_with_a_line() -> None:
    check = Follows("pay", None, "begin")
    assert violations([check], lines("begin", "end")) == []
    assert violations([check], lines("end")) == ["pay did not begin with 'begin'; its first line is 'end'"]
    assert violations([check], []) == ["pay did not begin with 'begin'; it logged nothing"]
