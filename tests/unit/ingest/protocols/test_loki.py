"""Loki's push API: labels and structured metadata, JSON and protobuf, and its answers."""

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logloop_ingest.checking.check import check
from logloop_ingest.checking.rows import rows_to_columns
from logloop_ingest.checking.rules import ProjectAccess, Rules
from logloop_ingest.limits import Limits
from logloop_ingest.protocols.loki.loki import translate
from logloop_ingest.protocols.loki.protobuf_requests import ENTRIES
from logloop_ingest.protocols.loki.streams import labels_of
from logloop_ingest.protocols.protocol import Envelope

from tests.unit.ingest.harness import ADMIN, ingest_service

PUSH = "/loki/api/v1/push"
NANOS = "1763805600123456789"


def push(*values: Any, **labels: str) -> bytes:
    return json.dumps({"streams": [{"stream": labels, "values": list(values)}]}).encode()


def snappy(body: bytes) -> bytes:
    return bytes(pa.compress(body, codec="snappy", asbytes=True))


def protobuf(labels: str, *lines: str, metadata: dict[str, str] | None = None) -> bytes:
    request = ENTRIES()
    stream = request.streams.add(labels=labels)
    for line in lines:
        entry = stream.entries.add(line=line)
        entry.timestamp.seconds, entry.timestamp.nanos = divmod(int(NANOS), 1_000_000_000)
        for name, value in (metadata or {}).items():
            entry.metadata.add(name=name, value=value)
    return snappy(request.SerializeToString())


async def test_labels_and_metadata_become_fields_and_attributes() -> None:
    value = [NANOS, "payment failed", {"trace_id": "4bf9", "level": "error"}]
    body = push(value, app="checkout", env="test", filename="/var/log/pay.log")
    async with ingest_service() as ingest:
        answer = await ingest.send(PUSH, body, Content_Type="application/json")
        assert (answer.status_code, answer.content) == (204, b"")
        [log] = ingest.broker.logs
    assert (log["service_id"], log["severity"], log["source"]) == ("checkout", "error", "/var/log/pay.log")
    assert log["timestamp"].isoformat() == "2025-11-22T10:00:00.123456+00:00"
    attributes = json.loads(log["attributes"])
    assert attributes["env"] == "test"
    assert attributes["trace_id"] == "4bf9"


async def test_protobuf_in_snappy_becomes_the_same_log_as_json() -> None:
    async with ingest_service() as ingest:
        await ingest.send(
            PUSH, push([NANOS, 'say "hi"', {"a": "b"}], app="shop", job="x"), Content_Type="application/json"
        )
        answer = await ingest.send(
            PUSH,
            protobuf('{app="shop", job="x"}', 'say "hi"', metadata={"a": "b"}),
            Content_Type="application/x-protobuf",
        )
        assert answer.status_code == 204
        first, second = ingest.broker.logs
    unlike = {"batch", "row"}
    assert {k: v for k, v in first.items() if k not in unlike} == {k: v for k, v in second.items() if k not in unlike}


Line = tuple[int, str, dict[str, str]]
LINES = st.tuples(
    st.sampled_from([int(NANOS), int(NANOS) // 10**9 * 10**9]),
    st.sampled_from(["paid", "ERROR no stock", "", "a\0b", "é" * 150]),
    st.sampled_from([{}, {"level": "warn"}, {"trace_id": "4bf9"}, {"host": "a", "detected_level": "?"}]),
)


def logs_of(lines: list[Line], in_json: bool) -> list[dict[str, Any]]:
    """Return the logs of a stream."""
    limits = Limits(message_bytes=200)
    if in_json:
        body = push(
            *([str(time), line, *([metadata] if metadata else [])] for time, line, metadata in lines), app="shop"
        )
    else:
        request = ENTRIES()
        stream = request.streams.add(labels='{app="shop"}')
        for time, line, metadata in lines:
            seconds, nanos = divmod(time, 10**9)
            pairs = [{"name": name, "value": value} for name, value in metadata.items()]
            stream.entries.add(timestamp={"seconds": seconds, "nanos": nanos}, line=line, metadata=pairs)
        body = request.SerializeToString()
    kind = "application/json" if in_json else "application/x-protobuf"
    entries = translate(Envelope(PUSH, {}, {}, {"content-type": kind}, int(NANOS) // 1000), body, limits)
    rules = Rules(limits, ProjectAccess("shop", frozenset({"shop"})), int(NANOS) // 1000)
    rows = check(entries, rules).by_project["shop"]
    found: list[dict[str, Any]] = (rows_to_columns(rows) if isinstance(rows, list) else rows).to_pylist()
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=30))
def test_many_lines_become_the_same_logs_in_both_encodings_as_one_by_one(lines: list[Line]) -> None:
    expected = [log for line in lines for log in logs_of([line], in_json=True)]
    assert logs_of(lines, in_json=True) == expected
    assert logs_of(lines, in_json=False) == expected


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("level=warn msg=slow", "warn"),
        ('{"level":"error","msg":"failed"}', "error"),
        ("2026-11-22 ERROR payment failed", "error"),
        ("GET /info 200", "info"),
    ],
)
async def test_without_a_label_the_severity_is_read_from_the_line(line: str, severity: str) -> None:
    async with ingest_service() as ingest:
        await ingest.send(PUSH, push([NANOS, line], app="shop"), Content_Type="application/json")
        assert [log["severity"] for log in ingest.broker.logs] == [severity]


async def test_a_bad_value_is_left_out_and_a_push_of_bad_values_only_is_refused() -> None:
    async with ingest_service() as ingest:
        some = await ingest.send(
            PUSH, push([NANOS, "good"], ["now", "bad"], app="shop"), Content_Type="application/json"
        )
        assert some.status_code == 204
        assert [log["message"] for log in ingest.broker.logs] == ["good"]
        none = await ingest.send(PUSH, push(["now", "bad"], app="shop"), Content_Type="application/json")
        assert none.status_code == 400
        assert "nanoseconds since 1970" in none.text


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("application/json", b"{}", "not a Loki push request"),
        ("application/json", b'{"streams":[{"stream":{"a":1},"values":[]}]}', "$.streams[0].stream"),
        ("application/x-protobuf", b"", "snappy"),
        ("application/x-protobuf", b"\x05hello", "snappy"),
        ("application/x-protobuf", b"\xff\xff\xff\xff\x0f", "bytes after decompression"),
        ("application/x-protobuf", snappy(b"\xff\xff\xff"), "protobuf"),
        ("application/x-protobuf", protobuf("app=shop", "line"), "labels must look like"),
    ],
)
async def test_a_body_that_is_no_push_request_is_refused_with_the_reason(kind: str, body: bytes, reason: str) -> None:
    async with ingest_service() as ingest:
        answer = await ingest.send(PUSH, body, Content_Type=kind)
        assert answer.status_code in {400, 413}
        assert reason in answer.text


@pytest.mark.parametrize("kind", ["application/json", "application/x-protobuf"])
async def test_too_many_lines_are_refused(kind: str) -> None:
    lines = ["x"] * 101
    in_json = push(*([NANOS, line] for line in lines), app="shop")
    body = protobuf('{app="shop"}', *lines) if "protobuf" in kind else in_json
    async with ingest_service(limits=Limits(entries=100)) as ingest:
        answer = await ingest.send(PUSH, body, Content_Type=kind)
        assert answer.status_code == 413
        assert "100 entries" in answer.text
        assert ingest.broker.logs == []


@pytest.mark.parametrize("path", ["/v1/logs", PUSH, "/_bulk", "/lines/shop", "/api/v2/logs", "/ingest/clef"])
async def test_a_flood_of_tiny_values_is_refused_before_it_is_parsed(path: str) -> None:
    body = b"[" + b"{}," * 1_500_000 + b"{}]"
    async with ingest_service() as ingest:
        answer = await ingest.send(path, body, Content_Type="application/json")
        assert answer.status_code == 413
        assert "JSON values" in answer.text
        assert ingest.broker.logs == []


async def test_a_message_that_is_too_long_is_cut_and_says_so() -> None:
    line = "ü" * 200_000
    async with ingest_service() as ingest:
        answer = await ingest.send(PUSH, push([NANOS, line], app="shop"), Content_Type="application/json")
        assert answer.status_code == 204
        [log] = ingest.broker.logs
    assert len(log["message"].encode()) == 256 * 1024
    assert json.loads(log["attributes"])["truncated_bytes"] == 400_000 - 256 * 1024


async def test_a_caller_of_several_projects_names_one_as_the_tenant() -> None:
    async with ingest_service(ADMIN) as ingest:
        body = push([NANOS, "line"], app="shop")
        unnamed = await ingest.send(PUSH, body, Content_Type="application/json")
        assert unnamed.status_code == 400
        assert "X-Logloop-Project" in unnamed.text
        named = await ingest.send(PUSH, body, Content_Type="application/json", X_Scope_OrgID="bank")
        assert named.status_code == 204
        assert [log["project_id"] for log in ingest.broker.logs] == ["bank"]
        unknown = await ingest.send(f"{PUSH}?project=nowhere", body, Content_Type="application/json")
        assert unknown.status_code == 404


async def test_a_key_of_one_project_cannot_send_to_another() -> None:
    async with ingest_service() as ingest:
        body = push([NANOS, "line"], app="shop")
        answer = await ingest.send(PUSH, body, Content_Type="application/json", X_Scope_OrgID="bank")
        assert answer.status_code == 403
        assert ingest.broker.logs == []


def test_labels_of_a_selector_are_read_with_their_escapes() -> None:
    assert labels_of('{app="shop", path="C:\\\\logs", say="\\"hi\\"\\n"}') == {
        "app": "shop",
        "path": "C:\\logs",
        "say": '"hi"\n',
    }
    assert labels_of("{}") == {}


@pytest.mark.parametrize("stated", ["", "snappy", "gzip"])
async def test_protobuf_is_in_snappy_whatever_a_client_states(stated: str) -> None:
    async with ingest_service() as ingest:
        body = protobuf('{app="shop"}', "line")
        answer = await ingest.send(PUSH, body, Content_Type="application/x-protobuf", Content_Encoding=stated)
        assert answer.status_code == 204, answer.text
        assert [log["message"] for log in ingest.broker.logs] == ["line"]


async def test_the_size_after_decompression_is_what_counts_as_in_progress() -> None:
    body = protobuf('{app="shop"}', "x" * 50_000)
    assert len(body) < 5_000
    async with ingest_service(max_in_flight=20_000) as ingest:
        with ingest.in_flight.reserve() as other:
            other.grow_to(1)
            answer = await ingest.send(PUSH, body, Content_Type="application/x-protobuf")
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        assert (await ingest.send(PUSH, body, Content_Type="application/x-protobuf")).status_code == 204
