"""Entries are taken, mended or refused; the quick and the exact way agree."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logloop_ingest.checking.check import projects_named, projects_to_look_up, read
from logloop_ingest.checking.columns import NotUniform, columns, rows_to_columns
from logloop_ingest.checking.entry import Fault, Row, Rules, check
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.json_values import CleanEntry, decode

from tests.unit.ingest.harness import NOW, entry

NOW_US = int(NOW.timestamp()) * 1_000_000
RULES = Rules(Limits(), NOW_US, None, {"shop": None, "bank": Fault("project_id", "forbidden_project", "no")})


def rules(**limits: int) -> Rules:
    return Rules(Limits(**limits), NOW_US, "shop", {"shop": None})


def clean(values: list[Any]) -> list[CleanEntry]:
    """Entries as the quick parser gives them; it raises ValueError for values of other types."""
    return msgspec.json.decode(json.dumps(values).encode(), type=list[CleanEntry])


def row_of(value: Any, checked_by: Rules = RULES) -> Row:
    outcome = check(value, checked_by)
    assert isinstance(outcome, tuple), outcome
    return outcome[1]


def faults_of(value: Any, checked_by: Rules = RULES) -> set[tuple[str, str]]:
    outcome = check(value, checked_by)
    assert isinstance(outcome, list), outcome
    return {(fault.field, fault.code) for fault in outcome}


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
    """A list of good entries with a few changes in some of them."""
    found = []
    for index in range(draw(st.integers(1, 6))):
        names = draw(st.lists(st.sampled_from(sorted(FIELDS)), max_size=2))
        changed = {**entry(message=f"line {index}"), **{name: draw(FIELDS[name]) for name in names}}
        dropped = draw(st.sampled_from([None, None, None, *changed]))
        found.append({name: value for name, value in changed.items() if name != dropped})
    return draw(st.sampled_from([found, found, [*found, draw(VALUES)]]))


@settings(max_examples=400)
@given(entries())
def test_the_quick_way_takes_only_what_the_exact_way_takes_and_makes_the_same_rows(values: list[Any]) -> None:
    try:
        project_id, batch = columns(clean(values), RULES)
    except (NotUniform, ValueError):
        return
    rows = [row_of(value) for value in decode(json.dumps(values).encode(), "json", max_entries=100)]
    assert project_id == "shop"
    assert batch.to_pylist() == rows_to_columns(rows).to_pylist()


@given(entries())
def test_every_entry_is_taken_or_refused(values: list[Any]) -> None:
    reading = read(values, RULES)
    taken = sum(len(rows) for rows in reading.groups.values())
    assert taken + len(reading.refused) == len(values)
    assert all(item.faults and item.entry is values[item.index] for item in reading.refused)
    for rows in reading.groups.values():
        batch = rows_to_columns(rows) if isinstance(rows, list) else rows
        batch.validate(full=True)


def test_clean_entries_take_the_quick_way() -> None:
    values = [
        entry(message=f"line {n}", severity=word, attributes={"a": {"b": [n, None, 0.5]}}, timestamp=stamp)
        for n in range(30)
        for word in ("info", "WARN", "critical")
        for stamp in ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00.123456789+01:00")
    ]
    project_id, batch = columns(clean(values), RULES)
    assert (project_id, len(batch)) == ("shop", 180)
    assert set(batch.column("severity").to_pylist()) == {"info", "warn", "error"}
    texts = [text for text in batch.column("attributes").to_pylist() if "severity_text" in text]
    assert {json.loads(text)["severity_text"] for text in texts} == {"critical"}


@pytest.mark.parametrize(
    ("changes", "fault"),
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
def test_a_wrong_value_is_refused_with_its_field(changes: dict[str, Any], fault: tuple[str, str]) -> None:
    assert faults_of(entry(**changes)) == {fault}
    with pytest.raises((NotUniform, ValueError)):
        columns(clean([entry(**changes)]), RULES)


def test_everything_wrong_with_an_entry_is_told_at_once() -> None:
    found = faults_of({"severity": "x", "timestamp": "y", "extra": 1}, rules())
    assert {name for name, _ in found} == {"severity", "timestamp", "service_id", "message", "extra"}


@pytest.mark.parametrize("value", [None, 5, "text", [], [{}], True])
def test_what_is_no_object_is_refused(value: Any) -> None:
    assert faults_of(value) == {("entry", "not_an_object")}


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


def test_text_is_mended() -> None:
    row = row_of(entry(message="a\0b\ud83d", attributes={"k\0": ["\udc00", 2**70, -(2**63) - 1, 2**64 - 1]}))
    assert row.message == "a\ufffdb\ufffd"
    assert (
        row.attributes
        == '{"k\ufffd":["\ufffd","1180591620717411303424","-9223372036854775809",18446744073709551615]}'
    )


def test_the_senders_own_severity_word_is_kept_unless_it_says_the_same() -> None:
    assert row_of(entry(severity="INFO"))[1:2] == ("info",)
    assert row_of(entry(severity="INFO")).attributes is None
    assert row_of(entry(severity="Fatal")).attributes == '{"severity_text":"Fatal"}'
    kept = row_of(entry(severity="fatal", attributes={"severity_text": "OMG"}))
    assert (kept.severity, kept.attributes) == ("error", '{"severity_text":"OMG"}')


def test_a_project_may_be_left_out_where_it_is_known() -> None:
    value = {name: said for name, said in entry().items() if name != "project_id"}
    assert check(value, rules())[0] == "shop"
    assert columns(clean([value, entry()]), rules())[0] == "shop"


def test_projects_are_looked_up_once_each_and_only_if_they_can_exist() -> None:
    names: list[Any] = ["shop", "bank", "shop", "No!", None, 5, {}, []]
    values = [entry(project_id=name) for name in names]
    named = projects_named([*values, "text", None])
    assert projects_to_look_up(named, "mine") == ["bank", "mine", "shop"]
    assert len(projects_to_look_up({f"p{n}" for n in range(500)}, None)) == 100


def test_limits_are_those_of_the_deployment() -> None:
    small = rules(message_bytes=10, attribute_keys=1, attribute_depth=1, reference_length=3)
    assert faults_of(entry(message="12345678901"), small) == {("message", "too_large")}
    assert faults_of(entry(message="1", attributes={"a": 1, "b": 2}), small) == {("attributes", "too_many_keys")}
    assert faults_of(entry(message="1", attributes={"a": {}}), small) == {("attributes", "too_deep")}
    assert faults_of(entry(message="1", test_id="four"), small) == {("test_id", "bad_length")}
