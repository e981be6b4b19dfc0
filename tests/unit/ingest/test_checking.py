"""Entries are accepted, sanitised or rejected; the check of columns agrees with the check one by one."""

import itertools
import json
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logloop_ingest.authorisation import projects_to_look_up
from logloop_ingest.checking.check import check_one_by_one
from logloop_ingest.checking.columns import check_columns
from logloop_ingest.checking.entry import check_entry
from logloop_ingest.checking.errors import NotUniform
from logloop_ingest.checking.rows import Row, rows_to_columns
from logloop_ingest.checking.rules import ProjectAccess, Rules, Violation
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.entries import parse
from logloop_ingest.parsing.entry_columns import columns_of
from logloop_ingest.parsing.typed_entries import TypedEntry

from tests.unit.ingest.harness import NOW, entry

NOW_US = int(NOW.timestamp()) * 1_000_000
FORBIDDEN = Violation("project_id", "forbidden_project", "x")
RULES = Rules(Limits(), ProjectAccess(None, frozenset({"shop"}), {"bank": FORBIDDEN}), NOW_US)


def rules(**limits: int) -> Rules:
    return Rules(Limits(**limits), ProjectAccess("shop", frozenset({"shop"})), NOW_US)


def columns(values: list[Any], checked_by: Rules = RULES) -> tuple[str, pa.RecordBatch]:
    """Check values as columns. Raises ValueError when a value has the wrong type, NotUniform for other violations."""
    typed = msgspec.json.decode(json.dumps(values).encode(), type=list[TypedEntry])
    return check_columns(columns_of(typed), {item.project_id for item in typed}, checked_by)


def row_of(value: Any, checked_by: Rules = RULES) -> Row:
    outcome = check_entry(value, checked_by)
    assert isinstance(outcome, tuple), outcome
    return outcome[1]


def violations_of(value: Any, checked_by: Rules = RULES) -> set[tuple[str, str]]:
    outcome = check_entry(value, checked_by)
    assert isinstance(outcome, list), outcome
    return {(violation.field, violation.code) for violation in outcome}


TEXTS = st.text(max_size=12) | st.sampled_from(["a\0b", "\ud800", "x" * 600, "", "\\u0000", "null"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
STAMPS = st.sampled_from(
    [
        "2026-11-22T10:00:00Z",
        "2026-11-22T10:00:00.5+05:30",
        "2026-11-22 10:00:00.123456789Z",
        "2026-11-22T10:00:00.123-0100",
        "1969-12-31T23:59:59.999999Z",
        "2026-11-24T10:00:00Z",
        "2026-02-30T10:00:00Z",
        "2026-11-22T10:00:00",
        "2026-11-22",
        "soon",
        "",
    ]
)
WORDS = st.sampled_from(["info", "INFO", "warning", " Error ", "fatal", "debug", "loud", ""])
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "project_id": st.sampled_from(["shop", "bank", "Shop", None]) | VALUES,
    "service_id": st.sampled_from(["checkout", "a/b", "-x", "x\n", ""]) | VALUES,
    "message": TEXTS | VALUES,
    "severity": WORDS | VALUES,
    "timestamp": STAMPS | VALUES,
    "test_id": TEXTS | VALUES,
    "func_id": TEXTS,
    "source": st.none() | TEXTS,
    "attributes": st.dictionaries(TEXTS, VALUES, max_size=3) | VALUES,
    "colour": VALUES,
}


@st.composite
def entries(draw: st.DrawFn) -> list[Any]:
    """Draw valid entries with a few changes in some of them."""
    found = []
    for index in range(draw(st.integers(1, 6))):
        names = draw(st.lists(st.sampled_from(sorted(FIELDS)), max_size=2))
        changed = {**entry(message=f"line {index}"), **{name: draw(FIELDS[name]) for name in names}}
        dropped = draw(st.sampled_from([None, None, None, *changed]))
        found.append({name: value for name, value in changed.items() if name != dropped})
    return draw(st.sampled_from([found, found, [*found, draw(VALUES)]]))


@settings(max_examples=150)
@given(entries())
def test_columns_are_accepted_only_if_each_entry_is_and_give_the_same_rows(values: list[Any]) -> None:
    try:
        project_id, batch = columns(values)
    except (NotUniform, ValueError):
        return
    rows = [row_of(value) for value in parse(json.dumps(values).encode(), "json", max_entries=100).values()]
    assert project_id == "shop"
    assert batch.to_pylist() == rows_to_columns(rows).to_pylist()


@given(entries())
def test_every_entry_is_accepted_or_rejected(values: list[Any]) -> None:
    checked = check_one_by_one(values, RULES)
    accepted = sum(len(rows) for rows in checked.by_project.values())
    assert accepted + len(checked.rejected) == len(values)
    assert all(item.violations and item.entry is values[item.index] for item in checked.rejected)
    for rows in checked.by_project.values():
        batch = rows_to_columns(rows) if isinstance(rows, list) else rows
        batch.validate(full=True)


def test_valid_entries_are_accepted_as_columns() -> None:
    values = [
        entry(message=f"line {n}", severity=word, attributes={"a": {"b": [n, None, 0.5]}}, timestamp=stamp)
        for n in range(30)
        for word in ("info", "WARN", "critical")
        for stamp in ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00.123456789+01:00")
    ]
    project_id, batch = columns(values)
    assert (project_id, len(batch)) == ("shop", 180)
    assert set(batch.column("severity").to_pylist()) == {"info", "warn", "error"}
    texts = [text for text in batch.column("attributes").to_pylist() if "severity_text" in text]
    assert {json.loads(text)["severity_text"] for text in texts} == {"critical"}


REPEATED = [
    '{"b": [1.0, 1e16], "a": {"c": null}}',
    '{"a":{"c":null},"b":[1.0,1e16]}',
    '{"b": 1, "b": "é\\n\\u00e9"}',
    "{}",
    "null",
    '{"big": 18446744073709551615}',
]


@pytest.mark.parametrize("words", [["info"], ["info", "critical"]])
@pytest.mark.parametrize("distinct", [1, len(REPEATED), 1000])
def test_attributes_are_stored_alike_whether_they_repeat_or_not(distinct: int, words: list[str]) -> None:
    texts = [*REPEATED, *(f'{{"n": {n}}}' for n in range(200))][:distinct]
    values = [entry(message=f"line {n}", severity=words[n % len(words)]) for n in range(300)]
    body = json.dumps([{**value, "attributes": "@"} for value in values])
    for text in itertools.islice(itertools.cycle(texts), len(values)):
        body = body.replace('"@"', text, 1)
    found = parse(body.encode(), "json", max_entries=300)
    assert found.columns is not None

    _, batch = check_columns(found.columns, found.project_ids, RULES)

    assert batch.column("attributes").to_pylist() == [row_of(value).attributes for value in found.values()]


@pytest.mark.parametrize(
    "attributes",
    [
        "[1]",
        "5",
        '"text"',
        '{"a": 18446744073709551616}',
        '{"a": "\\u0000"}',
        f'{{"a": {"[" * 30}{"]" * 30}}}',
    ],
)
def test_attributes_that_may_break_a_rule_are_not_accepted_as_columns(attributes: str) -> None:
    body = json.dumps([entry(message=f"line {n}", attributes="@") for n in range(30)]).replace('"@"', attributes, 1)
    found = parse(body.replace('"@"', "{}").encode(), "json", max_entries=30)
    assert found.columns is not None

    with pytest.raises(NotUniform):
        check_columns(found.columns, found.project_ids, RULES)


@pytest.mark.parametrize(
    ("changes", "violation"),
    [
        ({"service_id": None}, ("service_id", "missing")),
        ({"service_id": "bad name"}, ("service_id", "bad_service")),
        ({"service_id": "x\n"}, ("service_id", "bad_service")),
        ({"message": 5}, ("message", "wrong_type")),
        ({"message": "é" * 131_073}, ("message", "too_large")),
        ({"severity": "loud"}, ("severity", "bad_severity")),
        ({"severity": 3}, ("severity", "wrong_type")),
        ({"timestamp": 1_700_000_000}, ("timestamp", "wrong_type")),
        ({"timestamp": "2026-11-22T10:00:00"}, ("timestamp", "no_offset")),
        ({"timestamp": "yesterday"}, ("timestamp", "bad_timestamp")),
        ({"timestamp": "2026-13-01T10:00:00Z"}, ("timestamp", "bad_timestamp")),
        ({"timestamp": "0001-01-01T00:00:00+14:00"}, ("timestamp", "too_old")),
        ({"timestamp": "2026-11-23T12:00:01Z"}, ("timestamp", "in_the_future")),
        ({"test_id": ""}, ("test_id", "bad_length")),
        ({"func_id": "x" * 513}, ("func_id", "bad_length")),
        ({"project_id": "Shop!"}, ("project_id", "bad_project")),
        ({"project_id": None}, ("project_id", "missing")),
        ({"project_id": "bank"}, ("project_id", "forbidden_project")),
        ({"project_id": "unlisted"}, ("project_id", "too_many_projects")),
        ({"attributes": [1]}, ("attributes", "wrong_type")),
        ({"attributes": {f"k{n}": n for n in range(257)}}, ("attributes", "too_many_keys")),
        ({"attributes": {"a": float("nan")}}, ("attributes", "not_a_number")),
        ({"attributes": {"a": [float("-inf")]}}, ("attributes", "not_a_number")),
        ({"attributes": json.loads('{"a":' * 21 + "1" + "}" * 21)}, ("attributes", "too_deep")),
        ({"attributes": {"a": "x" * 2**20}}, ("entry", "too_large")),
        ({"level": "info"}, ("level", "unknown_field")),
    ],
)
def test_a_bad_value_is_rejected_with_its_field(changes: dict[str, Any], violation: tuple[str, str]) -> None:
    assert violations_of(entry(**changes)) == {violation}
    with pytest.raises((NotUniform, ValueError)):
        columns([entry(**changes)])


def test_all_violations_of_an_entry_are_reported_at_once() -> None:
    found = violations_of({"severity": "x", "timestamp": "y", "extra": 1}, rules())
    assert {name for name, _ in found} == {"severity", "timestamp", "service_id", "message", "extra"}


@pytest.mark.parametrize("value", [None, 5, "text", [], [{}], True])
def test_an_entry_that_is_not_an_object_is_rejected(value: Any) -> None:
    assert violations_of(value) == {("entry", "not_an_object")}


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00.000001+01:00", 1),
        ("1970-01-01t00:00:01z", 1_000_000),
        ("1970-01-01 00:00:00.1234567+00", 123_456),
        ("1970-01-01T00:00:00.999999999Z", 999_999),
        ("1969-12-31T19:00:00-0500", 0),
    ],
)
def test_a_timestamp_is_kept_in_utc_microseconds(text: str, micros: int) -> None:
    assert row_of(entry(timestamp=text)).timestamp == micros


def test_text_is_sanitised() -> None:
    row = row_of(entry(message="a\0b\ud83d", attributes={"k\0": ["\udc00", 2**70, -(2**63) - 1, 2**64 - 1]}))
    assert row.message == "a\ufffdb\ufffd"
    assert (
        row.attributes
        == '{"k\ufffd":["\ufffd","1180591620717411303424","-9223372036854775809",18446744073709551615]}'
    )


def test_the_senders_severity_word_is_kept_when_it_is_an_alias() -> None:
    assert row_of(entry(severity="INFO"))[1:2] == ("info",)
    assert row_of(entry(severity="INFO")).attributes is None
    assert row_of(entry(severity="Fatal")).attributes == '{"severity_text":"Fatal"}'
    kept = row_of(entry(severity="fatal", attributes={"severity_text": "OMG"}))
    assert (kept.severity, kept.attributes) == ("error", '{"severity_text":"OMG"}')


def test_the_project_is_optional_when_there_is_a_default() -> None:
    value = {name: sent for name, sent in entry().items() if name != "project_id"}
    assert check_entry(value, rules())[0] == "shop"
    assert columns([value, entry()], rules())[0] == "shop"


def test_each_valid_project_is_looked_up_once() -> None:
    names: list[Any] = ["shop", "bank", "shop", "No!", None, 5, {}, []]
    values = [entry(project_id=name) for name in names]
    entries = parse(json.dumps([*values, "text", None]).encode(), "any", max_entries=100)
    assert projects_to_look_up(entries.project_ids, "mine") == ["bank", "mine", "shop"]
    assert len(projects_to_look_up({f"p{n}" for n in range(500)}, None)) == 100


def test_the_limits_of_the_deployment_apply() -> None:
    small = rules(message_bytes=10, attribute_keys=1, attribute_depth=1, reference_length=3)
    assert violations_of(entry(message="12345678901"), small) == {("message", "too_large")}
    assert violations_of(entry(message="1", attributes={"a": 1, "b": 2}), small) == {("attributes", "too_many_keys")}
    assert violations_of(entry(message="1", attributes={"a": {}}), small) == {("attributes", "too_deep")}
    assert violations_of(entry(message="1", test_id="four"), small) == {("test_id", "bad_length")}
