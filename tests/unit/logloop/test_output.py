"""Printed text cannot control a terminal, and JSON stays valid."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from logloop.cli.commands.logs import words_of
from logloop.cli.output import cell_text, local_time, to_json, visible


def test_control_and_direction_characters_are_escaped_and_colours_removed() -> None:
    assert (
        visible("\x1b[31mred\x1b[0m \x1b]0;title\x07 \u202eevil\r\x9b2J")
        == "red \\x1b]0;title\\x07 \\u202eevil\\x0d\\x9b2J"
    )
    assert visible("a\n\tb") == "a\n\tb"
    assert visible("a\n\tb", one_line=True) == "a\\n b"


@given(st.text())
def test_no_control_character_remains(text: str) -> None:
    shown = visible(text, one_line=True)
    assert not [char for char in shown if ord(char) < 32 or 127 <= ord(char) < 160 or "\u202a" <= char <= "\u202e"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_json_parses_to_the_same_value_without_control_characters(value: object) -> None:
    text = to_json(value)
    assert json.loads(text) == value
    assert not [char for char in text if ord(char) < 32 or 127 <= ord(char) < 160]


def test_plain_words_and_phrases_of_a_query_are_highlighted() -> None:
    assert words_of('severity:error "timed out" cart -debug AND message:boom NOT x:y') == [
        "timed out",
        "cart",
        "boom",
    ]


def test_times_on_a_terminal_include_the_date_unless_it_is_today() -> None:
    now = datetime.now(UTC)
    assert len(local_time(now)) == len("10:00:00.123")
    assert local_time(now - timedelta(days=3)).startswith(f"{(now - timedelta(days=3)).astimezone():%Y-%m-%d} ")


def test_a_column_may_name_a_nested_field() -> None:
    assert cell_text({"a": {"b": ["x", "y"]}}, "a.b") == "x, y"
    assert cell_text({"a": None}, "a") == "-"
    assert cell_text({"a": {"n": 1}}, "a") == '{"n": 1}'
