"""Log records that are read field by field become what they become when they are read one by one."""

import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given, settings
from hypothesis import strategies as st
from logloop_chassis.http.problems import BadRequest
from logloop_ingest.checking.check import check
from logloop_ingest.checking.rows import rows_to_columns
from logloop_ingest.checking.rules import ProjectAccess, Rules
from logloop_ingest.limits import Limits
from logloop_ingest.protocols.otlp.otlp import translate
from logloop_ingest.protocols.protocol import Envelope
from logloop_ingest.protocols.translation import memory
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

NOW_US = 1_763_812_800_000_000
LIMITS = Limits(message_bytes=200)
RULES = Rules(LIMITS, ProjectAccess("shop", frozenset({"shop"})), NOW_US)
NANOS = 1_763_805_600_123_456_789


def logs_of(body: bytes, media_type: str = "application/x-protobuf") -> list[dict[str, Any]]:
    """Return the accepted logs of a request."""
    entries = translate(Envelope("/v1/logs", {}, {}, {"content-type": media_type}, NOW_US), body, LIMITS)
    found: list[dict[str, Any]] = []
    for rows in check(entries, RULES).by_project.values():
        found += (rows_to_columns(rows) if isinstance(rows, list) else rows).to_pylist()
    return found


def as_json(message: ExportLogsServiceRequest, *, in_words: bool = False) -> bytes:
    """Return the request in OTLP's JSON, which has ids in hexadecimal digits; with words for severity numbers."""
    document = MessageToDict(message, use_integers_for_enums=not in_words)
    for resource_logs, spoken in zip(message.resource_logs, document.get("resourceLogs", []), strict=True):
        for scope_logs, scope in zip(resource_logs.scope_logs, spoken.get("scopeLogs", []), strict=True):
            for record, fields in zip(scope_logs.log_records, scope.get("logRecords", []), strict=True):
                fields |= {"traceId": record.trace_id.hex(), "spanId": record.span_id.hex()}
    return json.dumps(document).encode()


TEXTS = st.sampled_from(
    ["", "order 17 placed", "ERROR no stock", "a\0b", "é" * 150, "\N{GRINNING FACE}", "level=warn x"]
)
NAMES = st.sampled_from(["host", "n", "test_id", "code.function.name", "source", "severity_text", "trace_id"])
VALUES = st.one_of(
    TEXTS.map(lambda text: {"string_value": text}),
    st.integers(-(2**63), 2**63 - 1).map(lambda number: {"int_value": number}),
    st.booleans().map(lambda value: {"bool_value": value}),
    st.sampled_from([0.5, 1e300]).map(lambda number: {"double_value": number}),
    st.just({"array_value": {"values": [{"string_value": "x"}, {}]}}),
    st.just({}),
)
ATTRIBUTES = st.lists(
    st.fixed_dictionaries({"key": NAMES, "value": VALUES}), max_size=3, unique_by=lambda pair: str(pair["key"])
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "time_unix_nano": st.sampled_from([NANOS, NANOS + 1000, 500]),
    "observed_time_unix_nano": st.just(NANOS + 5_000_000),
    "severity_number": st.sampled_from([1, 9, 13, 17, 24, 0]),
    "severity_text": st.sampled_from(["INFO", "Warning", "error", "loud"]),
    "body": TEXTS.map(lambda text: {"string_value": text}) | VALUES,
    "trace_id": st.sampled_from([b"\1" * 16, b"\2" * 16]),
    "span_id": st.just(b"\3" * 8),
    "event_name": st.just("placed"),
    "flags": st.just(1),
}


@st.composite
def requests(draw: st.DrawFn) -> ExportLogsServiceRequest:
    """Draw a request in which the records of a scope have the same fields, or some of them each, in many cases."""
    message = ExportLogsServiceRequest()
    for _ in range(draw(st.integers(0, 2))):
        logs = message.resource_logs.add(resource={"attributes": draw(ATTRIBUTES)})
        logs.resource.attributes.add(key="service.name").value.string_value = draw(st.sampled_from(["pay", "my svc"]))
        for _ in range(draw(st.integers(0, 2))):
            scope = logs.scope_logs.add(
                scope={"name": draw(st.sampled_from(["", "lib"])), "attributes": draw(ATTRIBUTES)}
            )
            known = draw(st.lists(ATTRIBUTES, min_size=1, max_size=2))
            required = set(draw(st.lists(st.sampled_from(sorted(FIELDS)))))
            chosen = draw(st.lists(st.sampled_from(sorted(FIELDS)), max_size=2))
            optional = {name: FIELDS[name] for name in chosen if name not in required}
            for _ in range(draw(st.sampled_from([1, 2, 14]))):
                values = draw(st.fixed_dictionaries({name: FIELDS[name] for name in required}, optional=optional))
                scope.log_records.append(LogRecord(**values, attributes=draw(st.sampled_from(known))))
    return message


@settings(max_examples=60, deadline=None)
@given(requests())
def test_records_become_the_same_logs_in_both_encodings_as_one_by_one(message: ExportLogsServiceRequest) -> None:
    # The records of a request with unusual values, such as words for severity numbers, are read one by one.
    expected = logs_of(as_json(message, in_words=True), "application/json")
    assert logs_of(message.SerializeToString()) == expected
    assert logs_of(as_json(message), "application/json") == expected


def sent(*records: bytes) -> list[dict[str, Any]]:
    """Return the logs of encoded records of one scope."""
    scope = b"".join(b"\x12" + varint(len(record)) + record for record in records)
    scope_logs = b"\x12" + varint(len(scope)) + scope
    return logs_of(b"\x0a" + varint(len(scope_logs)) + scope_logs)


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number % 128 + 128]) + varint(number // 128)


TIME = b"\x09" + NANOS.to_bytes(8, "little")
BODY = b"\x2a\x04\x0a\x02hi"


def test_the_last_value_counts_if_a_record_has_a_field_twice() -> None:
    twice = TIME + b"\x1a\x04WARN" + b"\x1a\x05ERROR" + BODY
    logs = sent(*[twice, TIME + BODY] * 10)
    assert [log["severity"] for log in logs] == ["error", "info"] * 10


def test_several_numbers_in_place_of_one_are_ignored() -> None:
    two_times = b"\x0a\x10" + 2 * NANOS.to_bytes(8, "little")
    logs = sent(*[BODY, two_times + BODY] * 10)
    assert {log["timestamp"].timestamp() for log in logs} == {NOW_US / 1e6}


def test_a_body_that_is_not_utf_8_is_stored_with_replacements() -> None:
    logs = sent(*[TIME + b"\x2a\x04\x0a\x02h\xff", TIME + BODY] * 10)
    assert [log["message"] for log in logs] == ["h\N{REPLACEMENT CHARACTER}", "hi"] * 10


def test_more_attributes_than_are_remembered_become_the_same_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    request = ExportLogsServiceRequest()
    for scope in range(3):
        scope_logs = request.resource_logs.add().scope_logs.add(scope={"name": f"lib {scope}"})
        for n in range(30):
            attributes = [KeyValue(key="n", value=AnyValue(int_value=n % 20))]
            scope_logs.log_records.append(LogRecord(time_unix_nano=NANOS, attributes=attributes))
    expected = logs_of(request.SerializeToString())
    assert len({log["attributes"] for log in expected}) == 60
    monkeypatch.setattr(memory, "_MAX_BYTES", 5_000)
    assert [logs_of(request.SerializeToString()) for _ in range(3)] == [expected] * 3


@pytest.mark.parametrize("level", ["resource", "scope"])
def test_an_attribute_without_a_name_is_refused(level: str) -> None:
    nameless: dict[str, Any] = {"attributes": [{"value": {}}]}
    records = {"scope": nameless if level == "scope" else {}, "logRecords": [{}]}
    document = {"resourceLogs": [{"resource": nameless if level == "resource" else {}, "scopeLogs": [records]}]}
    with pytest.raises(BadRequest):
        logs_of(json.dumps(document).encode(), "application/json")
