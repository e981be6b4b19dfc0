"""A text is found in whatever Unicode form it is stored and searched."""

import unicodedata
from typing import Any, Literal

import pytest
import re2
from logloop_query.logs.search.kernels import selected_rows
from logloop_query.logs.search.language.filter import needed_columns
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.language.unicode_forms import CHANGEABLE, composed, is_composed
from logloop_query.logs.segments.codec import SegmentColumns, TableColumns, encode_segment, split_by_hour

from tests.unit.query.search.search_oracle import START, Row
from tests.unit.query.search.test_search_oracle import OnlyThese, found_in, table_of

Form = Literal["NFC", "NFD"]
FORMS: list[Form] = ["NFC", "NFD"]


def row(number: int, message: str, attributes: dict[str, Any] | None = None, test_id: str | None = None) -> Row:
    return Row(number, START, "info", "cart", test_id, None, None, message, attributes)


@pytest.mark.parametrize("stored", FORMS)
@pytest.mark.parametrize("searched", FORMS)
@pytest.mark.parametrize(
    "text",
    [
        "café", "CAFÉ", '"das café öffnet"', "caf* öffnet", "*fé", "c?fé", "caf?", "/caf[éè] ö/", "/(?i)CAFÉ/",
        '"Tiệm 한국"', "ệ", "한*", "/f. ö/", 'message:"café"', 'test:"t[é]"', "test:t*é*",
        'pattern:"das café öffnet Tiệm 한국 <*>"',
        "test:/é/", "attributes.name:é", 'attributes.name:"é"', "attributes.name:?", "attributes.name:/^é$/",
        "attributes.größe:9", "attributes.a.größe:*", "_exists_:attributes.größe", 'attributes.name:["é" TO "é"]',
        'attributes.text:"line\né"',
    ],
)  # fmt: skip
def test_each_form_is_found_in_each_form(text: str, searched: Form, stored: Form) -> None:
    def form(value: str) -> str:
        return unicodedata.normalize(stored, value)

    attributes = {form("name"): [form("é")], form("größe"): 9, "a": {form("größe"): 1}, "text": form("line\né")}
    logs = [
        row(0, form("das café öffnet Tiệm 한국 7"), attributes, form("t[é]")),
        row(1, "plain cafe"),
        row(2, "日本語 — ohne"),
    ]
    wanted = parse_query(unicodedata.normalize(searched, text))
    assert found_in(wanted, TableColumns(table_of(logs))) == ([0, 1] if text == "caf?" else [0])
    for hour, part in split_by_hour(table_of(logs)):
        segment = encode_segment("shop", hour, ["p"], part)
        columns = SegmentColumns(hour, segment.count, segment.columns, segment.patterns)
        selected = selected_rows(wanted, OnlyThese(columns, needed_columns(wanted)))
        assert selected is not None


@pytest.mark.parametrize(
    ("searched", "stored"),
    [
        ("ệ", "e\u0323\u0302"), ("ệ", "e\u0302\u0323"), ("ệ", "ê\u0323"), ("ệ", "\u1eb9\u0302"),
        ("e\u0302\u0323", "ệ"),
        ("Å", "\u212b"), ("Ω", "\u2126"), ('"é à"', "e\u0301 à"), ('"é à"', "é a\u0300"), ("豈", "\uf900"),
    ],
)  # fmt: skip
def test_partly_composed_texts_are_found(searched: str, stored: str) -> None:
    assert found_in(parse_query(searched), TableColumns(table_of([row(0, f"a {stored} b"), row(1, "a b")]))) == [0]


def test_escapes_of_json_before_an_accent_do_no_harm() -> None:
    """JSON has the letter n in a line break; an accent after it must not join it."""
    logs = [row(0, "m", {"text": "a\n\u0301", "name": "e\u0301"}), row(1, "m", {"text": '"\u0338', "name": "x"})]
    columns = TableColumns(table_of(logs))
    assert found_in(parse_query("attributes.name:é"), columns) == [0]
    assert found_in(parse_query("attributes.text:*"), columns) == [0, 1]


def test_every_character_that_composing_changes_is_in_the_class() -> None:
    changeable = re2.compile(CHANGEABLE)
    characters = [chr(code) for code in range(0x80, 0x110000) if not 0xD800 <= code < 0xE000]
    forms = {form for character in characters for form in (character, unicodedata.normalize("NFD", character))}
    changed = [form for form in forms if not is_composed(form)]
    assert len(changed) > 13_000
    assert all(map(changeable.search, changed))


def test_ascii_is_composed_as_it_is() -> None:
    text = "plain"
    assert composed(text) is text
