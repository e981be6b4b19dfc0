"""Bodies become entries, whatever they are."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_chassis.http.problems import BadRequest, Problem, TooLarge, UnsupportedMedia
from logloop_ingest.parsing.json_values import Unreadable, decode, decode_clean, form_of

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


def read(body: bytes, form: Any = "any", max_entries: int = 100) -> list[Any]:
    return decode(body, form, max_entries=max_entries)


@given(OBJECTS, st.booleans())
def test_an_array_gives_what_the_standard_library_reads(entries: list[Any], ascii_only: bool) -> None:
    body = json.dumps(entries, ensure_ascii=ascii_only).encode("utf-8", "replace")
    assert read(body) == json.loads(body)


@given(OBJECTS, st.sampled_from(["\n", "\r\n", "\n\n", " \n\t"]), st.booleans())
def test_lines_give_one_entry_each(entries: list[Any], end: str, closed: bool) -> None:
    lines = [json.dumps(entry) for entry in entries]
    body = (end.join(lines) + (end if closed else "")).encode()
    assert read(body, "lines") == [json.loads(line) for line in lines]


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_entries_or_a_problem(body: bytes) -> None:
    try:
        entries = read(body)
    except Problem as problem:
        assert problem.status in {400, 413}  # noqa: PT017  # a result like the other
    else:
        assert isinstance(entries, list)


@pytest.mark.parametrize("body", [b'{"a": 1}', b' \n{\n "a":\n 1\n}\n', b"\xef\xbb\xbf" + b'{"a":1}'])
def test_one_object_is_one_entry(body: bytes) -> None:
    assert read(body) == [{"a": 1}]


def clean(entries: list[dict[str, Any]], end: str | None = None) -> list[Any]:
    """What the quick parser makes of an array, or of lines with these ends."""
    body = json.dumps(entries) if end is None else end.join(map(json.dumps, entries))
    return decode_clean(body.encode(), "json" if end is None else "lines", max_entries=100)


@pytest.mark.parametrize("end", [None, "\n", "\r\n", "\n\n"])
def test_many_clean_entries_are_read_in_one_go(end: str | None) -> None:
    entries = [entry(message=f"line {n}", attributes={"n": n}) for n in range(30)]
    found = clean(entries, end)
    assert [(item.message, item.attributes) for item in found] == [(f"line {n}", {"n": n}) for n in range(30)]
    assert clean(entries[:3], end) == []


@pytest.mark.parametrize(
    "changes",
    [{"message": 5}, {"level": "info"}, {"attributes": [1]}, {"message": "\ud800"}, {"attributes": {"a": 1e400}}],
)
@pytest.mark.parametrize("end", [None, "\n"])
def test_one_unclean_entry_sends_all_to_the_exact_reader(changes: dict[str, Any], end: str | None) -> None:
    entries = [entry(message=f"line {n}") for n in range(30)]
    assert clean([*entries, entry(**changes)], end) == []


def test_one_object_over_many_lines_may_hold_what_only_the_exact_reader_takes() -> None:
    assert read(b'{\n"a":\n[\n1,\n"\\ud800"\n]\n}') == [{"a": [1, "\ud800"]}]


def test_a_broken_line_is_named_and_the_others_are_read() -> None:
    first, broken, last = read(b'{"a":1}\n{"b":\n{"c":3}', "lines")
    assert (first, last) == ({"a": 1}, {"c": 3})
    assert isinstance(broken, Unreadable)
    assert broken.line == b'{"b":'
    assert "not JSON" in broken.reason


def test_two_broken_lines_are_not_taken_for_one_entry() -> None:
    first, *others = read(b'{"z":0}\n{"a":1\n"b":2}\n{},{}', "lines")
    assert first == {"z": 0}
    assert [isinstance(item, Unreadable) for item in others] == [True, True, True]


def test_bad_values_are_mended_or_kept_to_be_named() -> None:
    [entry] = read(b'{"s":"\\ud800","u":"\xff","i":-9223372036854775809,"j":18446744073709551615,"n":NaN}')
    assert entry["s"] == "\ud800"  # mended with the entry, which is where text is looked at
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
def test_what_cannot_be_read_is_told_apart(body: bytes, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        read(body)


@pytest.mark.parametrize("body", [b"[{},{},{}]", b"{}\n{}\n{}", b'{"a":1e999}\n{}\n{"b":"\\ud800"}'])
def test_too_many_entries_are_refused(body: bytes) -> None:
    with pytest.raises(TooLarge, match="2 entries"):
        read(body, max_entries=2)


@pytest.mark.parametrize("end", [",", "\n"])
def test_too_many_clean_entries_are_refused(end: str) -> None:
    lines = end.join([json.dumps(entry())] * 101)
    with pytest.raises(TooLarge, match="100 entries"):
        decode_clean((f"[{lines}]" if end == "," else lines).encode(), "json", max_entries=100)


@pytest.mark.parametrize("piece", [b"{},", b"[],", b'{"a":1},'])
def test_a_flood_of_tiny_values_is_refused_before_it_is_parsed(piece: bytes) -> None:
    with pytest.raises(TooLarge):
        read(b"[" + piece * (10 * 2**20 // len(piece)) + b"{}]", max_entries=10**9)


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
def test_content_types_that_are_read(content_type: str, form: str) -> None:
    assert form_of(content_type) == form


@pytest.mark.parametrize("content_type", ["text/xml", "application/json; charset=latin-1", "multipart/form-data"])
def test_content_types_that_are_not(content_type: str) -> None:
    with pytest.raises(UnsupportedMedia):
        form_of(content_type)
