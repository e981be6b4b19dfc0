"""Any body is parsed into entries or gives a problem that says what is wrong."""

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_chassis.http.problems import BadRequest, Problem, TooLarge, UnsupportedMedia
from logloop_ingest.parsing.content_types import body_format
from logloop_ingest.parsing.entries import parse
from logloop_ingest.parsing.entry_columns import MIN_ENTRIES, EntryColumns
from logloop_ingest.parsing.json_values import InvalidLine

from tests.unit.ingest.harness import entry

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.lists(st.dictionaries(st.text(), JSON, max_size=4), min_size=1, max_size=8)


def values(body: bytes, form: Any = "any", max_entries: int = 100) -> list[Any]:
    return parse(body, form, max_entries=max_entries).values()


@given(OBJECTS, st.booleans())
def test_an_array_gives_what_the_standard_library_parses(entries: list[Any], ascii_only: bool) -> None:
    body = json.dumps(entries, ensure_ascii=ascii_only).encode("utf-8", "replace")
    assert values(body) == json.loads(body)


@given(OBJECTS, st.sampled_from(["\n", "\r\n", "\n\n", " \n\t"]), st.booleans())
def test_each_line_is_an_entry(entries: list[Any], end: str, closed: bool) -> None:
    lines = [json.dumps(entry) for entry in entries]
    body = (end.join(lines) + (end if closed else "")).encode()
    assert values(body, "lines") == [json.loads(line) for line in lines]


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_give_entries_or_a_problem(body: bytes) -> None:
    try:
        entries = values(body)
    except Problem as problem:
        assert problem.status in {400, 413}  # noqa: PT017  # one of two valid outcomes
    else:
        assert isinstance(entries, list)


@pytest.mark.parametrize("body", [b'{"a": 1}', b' \n{\n "a":\n 1\n}\n', b"\xef\xbb\xbf" + b'{"a":1}'])
def test_one_object_is_one_entry(body: bytes) -> None:
    assert values(body) == [{"a": 1}]


def columns(entries: list[dict[str, Any]], end: str | None = None) -> EntryColumns | None:
    """Return the columns of an array, or of lines with these ends."""
    body = json.dumps(entries) if end is None else end.join(map(json.dumps, entries))
    return parse(body.encode(), "json" if end is None else "lines", max_entries=100).columns


@pytest.mark.parametrize("end", [None, "\n", "\r\n", "\n\n"])
def test_many_well_formed_entries_are_typed(end: str | None) -> None:
    entries = [entry(message=f"line {n}", attributes={"n": n}) for n in range(30)]
    found = columns(entries, end)
    assert found is not None
    assert found.message == [f"line {n}" for n in range(30)]
    texts = [bytes(item) for item in found.attributes if isinstance(item, msgspec.Raw)]
    assert texts == [b'{"n": %d}' % n for n in range(30)]
    assert columns(entries[:3], end) is None


@pytest.mark.parametrize(
    "changes",
    [{"message": 5}, {"level": "info"}, {"message": "\ud800"}, {"attributes": {"a": 1e400}}],
)
@pytest.mark.parametrize("end", [None, "\n"])
def test_one_malformed_entry_leaves_all_untyped(changes: dict[str, Any], end: str | None) -> None:
    entries = [entry(message=f"line {n}") for n in range(30)]
    assert columns([*entries, entry(**changes)], end) is None


PROJECTS = st.none() | st.text(max_size=3) | st.sampled_from(["shop", "bank", "a\0b"])


@given(st.lists(PROJECTS, min_size=MIN_ENTRIES, max_size=20), st.sampled_from([None, "\n"]))
def test_typed_entries_have_the_projects_of_their_json_values(projects: list[str | None], end: str | None) -> None:
    entries = [entry(project_id=name) for name in projects]
    body = json.dumps(entries) if end is None else end.join(map(json.dumps, entries))
    parsed = parse(body.encode(), "any", max_entries=100)
    assert parsed.columns is not None
    assert parsed.project_ids == {value["project_id"] for value in parsed.values()}


def test_an_object_over_many_lines_may_need_the_lenient_parser() -> None:
    assert values(b'{\n"a":\n[\n1,\n"\\ud800"\n]\n}') == [{"a": [1, "\ud800"]}]


def test_an_invalid_line_is_reported_and_the_others_are_parsed() -> None:
    first, broken, last = values(b'{"a":1}\n{"b":\n{"c":3}', "lines")
    assert (first, last) == ({"a": 1}, {"c": 3})
    assert isinstance(broken, InvalidLine)
    assert broken.line == b'{"b":'
    assert "not JSON" in broken.reason


def test_two_invalid_lines_are_not_joined_into_one_entry() -> None:
    first, *others = values(b'{"z":0}\n{"a":1\n"b":2}\n{},{}', "lines")
    assert first == {"z": 0}
    assert [isinstance(item, InvalidLine) for item in others] == [True, True, True]


def test_bad_values_are_replaced_or_kept_for_the_check() -> None:
    [entry] = values(b'{"s":"\\ud800","u":"\xff","i":-9223372036854775809,"j":18446744073709551615,"n":NaN}')
    assert entry["s"] == "\ud800"  # sanitised later, when the entry is checked
    assert entry["u"] == "\ufffd"
    assert entry["i"] == "-9223372036854775809"
    assert entry["j"] == 2**64 - 1
    assert math.isnan(entry["n"])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"hello", "must begin with"),
        (b'"text"', "must begin with"),
        (b'[{"a":1}', "not JSON"),
        (b"{" * 3000, "not JSON"),
        (b"[" * 100_000, "nested"),
        (b"\x1f\x8b\x08", "Content-Encoding: gzip"),
        (b"\x28\xb5\x2f\xfd00", "Content-Encoding: zstd"),
        ('{"a":1}'.encode("utf-16"), "must begin with"),
        (b"{nope}\n{neither}", "not JSON"),
    ],
)
def test_a_body_that_is_not_json_gives_the_reason(body: bytes, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        values(body)


@pytest.mark.parametrize("body", [b"[{},{},{}]", b"{}\n{}\n{}", b'{"a":1e999}\n{}\n{"b":"\\ud800"}'])
def test_too_many_entries_are_rejected(body: bytes) -> None:
    with pytest.raises(TooLarge, match="2 entries"):
        values(body, max_entries=2)


@pytest.mark.parametrize("end", [",", "\n"])
def test_too_many_typed_entries_are_rejected(end: str) -> None:
    lines = end.join([json.dumps(entry())] * 101)
    with pytest.raises(TooLarge, match="100 entries"):
        values((f"[{lines}]" if end == "," else lines).encode(), "json")


@pytest.mark.parametrize("piece", [b"{},", b"[],", b'{"a":1},'])
def test_a_flood_of_tiny_values_is_rejected_before_it_is_parsed(piece: bytes) -> None:
    with pytest.raises(TooLarge):
        values(b"[" + piece * (10 * 2**20 // len(piece)) + b"{}]", max_entries=10**9)


@pytest.mark.parametrize(
    ("content_type", "form"),
    [
        ("", "any"),
        ("application/json", "json"),
        ("Application/JSON; charset=UTF-8", "json"),
        ("application/vnd.x+json", "json"),
        ("application/x-ndjson", "lines"),
        ("application/x-www-form-urlencoded", "any"),
    ],
)
def test_supported_content_types(content_type: str, form: str) -> None:
    assert body_format(content_type) == form


@pytest.mark.parametrize("content_type", ["text/xml", "application/json; charset=latin-1", "multipart/form-data"])
def test_unsupported_content_types_are_rejected(content_type: str) -> None:
    with pytest.raises(UnsupportedMedia):
        body_format(content_type)
