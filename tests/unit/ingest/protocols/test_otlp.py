"""OpenTelemetry's logs over HTTP: what becomes of a log record, and the answers that the specification asks for."""

import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from logloop_chassis.messaging.publisher import NotPublished
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse

from tests.unit.ingest.harness import NOW, ingest_service

PROTOBUF, JSON = "application/x-protobuf", "application/json"
NANOS = 1_763_805_600_123_456_789
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def request(*records: dict[str, Any], **resource: str) -> ExportLogsServiceRequest:
    message = ExportLogsServiceRequest()
    logs = message.resource_logs.add()
    for name, value in (resource or {"service.name": "checkout", "host.name": "web-1"}).items():
        logs.resource.attributes.add(key=name).value.string_value = value
    scope = logs.scope_logs.add()
    scope.scope.name = "shop.pay"
    for values in records:
        record = scope.log_records.add(
            time_unix_nano=values.get("time", NANOS), severity_number=values.get("number", 9)
        )
        record.severity_text = values.get("word", "")
        record.body.string_value = values.get("body", "order 4711 placed")
        record.trace_id, record.span_id = bytes.fromhex(TRACE), bytes.fromhex(SPAN)
        for name, value in values.get("attributes", {}).items():
            setattr(
                record.attributes.add(key=name).value,
                f"{type(value).__name__}_value".replace("str_", "string_"),
                value,
            )
    return message


def as_json(message: ExportLogsServiceRequest) -> bytes:
    """Return the request in OTLP's JSON, which has trace ids in hexadecimal digits."""
    document = MessageToDict(message, use_integers_for_enums=True)
    for logs in document["resourceLogs"]:
        for scope in logs["scopeLogs"]:
            for record in scope["logRecords"]:
                record |= {"traceId": TRACE, "spanId": SPAN}
    return json.dumps(document).encode()


@pytest.mark.parametrize("kind", [PROTOBUF, JSON])
async def test_a_record_is_one_log_with_the_attributes_of_its_resource_and_scope(kind: str) -> None:
    message = request({"number": 17, "word": "ERROR", "attributes": {"http.status": "502"}})
    body = as_json(message) if kind == JSON else message.SerializeToString()
    async with ingest_service() as ingest:
        answer = await ingest.send("/v1/logs", body, Content_Type=kind)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == kind
        assert answer.content == (b"{}" if kind == JSON else b"")
        [log] = ingest.broker.logs
    assert (log["project_id"], log["service_id"], log["severity"]) == ("shop", "checkout", "error")
    assert log["message"] == "order 4711 placed"
    assert log["timestamp"].isoformat() == "2025-11-22T10:00:00.123456+00:00"
    assert json.loads(log["attributes"]) == {
        "host.name": "web-1",
        "otel.scope.name": "shop.pay",
        "http.status": "502",
        "trace_id": TRACE,
        "span_id": SPAN,
    }


@pytest.mark.parametrize(
    ("number", "word", "severity"),
    [
        (1, "", "debug"), (5, "", "debug"), (9, "", "info"), (13, "", "warn"), (17, "", "error"), (24, "", "error"),
        (0, "WARNING", "warn"), (0, "", "info"), (0, "whatever", "info"), (99, "error", "error"),
    ],
)  # fmt: skip
async def test_a_severity_follows_from_the_number_or_else_from_the_word(
    number: int, word: str, severity: str
) -> None:
    async with ingest_service() as ingest:
        body = request({"number": number, "word": word}).SerializeToString()
        await ingest.send("/v1/logs", body, Content_Type=PROTOBUF)
        assert [log["severity"] for log in ingest.broker.logs] == [severity]


async def test_many_records_become_the_same_logs_as_few() -> None:
    records = [{"body": f"line {n}", "time": NANOS + n * 1000, "attributes": {"n": n}} for n in range(30)]
    async with ingest_service() as ingest:
        await ingest.send("/v1/logs", request(*records).SerializeToString(), Content_Type=PROTOBUF)
        many = ingest.broker.logs
    few = []
    for record in records:
        async with ingest_service() as ingest:
            await ingest.send("/v1/logs", request(record).SerializeToString(), Content_Type=PROTOBUF)
            few += ingest.broker.logs
    unlike = {"batch", "row"}
    assert [{k: v for k, v in log.items() if k not in unlike} for log in many] == [
        {k: v for k, v in log.items() if k not in unlike} for log in few
    ]


async def test_a_rejected_record_is_counted_in_partial_success_and_the_others_are_stored() -> None:
    year = 365 * 86400 * 1_000_000_000
    future = int(NOW.timestamp()) * 1_000_000_000 + year
    message = request({"body": "good"}, {"body": "from the future", "time": future})
    async with ingest_service() as ingest:
        answer = await ingest.send("/v1/logs", message.SerializeToString(), Content_Type=PROTOBUF)
        assert answer.status_code == 200
        response = ExportLogsServiceResponse.FromString(answer.content)
        assert response.partial_success.rejected_log_records == 1
        assert "ahead of the server's clock" in response.partial_success.error_message
        assert [log["message"] for log in ingest.broker.logs] == ["good"]
        spoken = await ingest.send("/v1/logs", as_json(message), Content_Type=JSON)
        assert spoken.json()["partialSuccess"]["rejectedLogRecords"] == "1"


async def test_a_retry_is_stored_once_and_records_without_times_are_never_taken_for_one() -> None:
    async with ingest_service() as ingest:
        body = request({}).SerializeToString()
        for _ in range(3):
            assert (await ingest.send("/v1/logs", body, Content_Type=PROTOBUF)).status_code == 200
        assert len({message_id for *_, message_id in ingest.broker.published}) == 1
        assert len(ingest.broker.logs) == 1
        timeless = request({"time": 0}).SerializeToString()
        for _ in range(2):
            await ingest.send("/v1/logs", timeless, Content_Type=PROTOBUF)
        assert len(ingest.broker.logs) == 3


@pytest.mark.parametrize("kind", [PROTOBUF, JSON])
async def test_a_body_that_is_no_request_is_refused_and_not_sent_again(kind: str) -> None:
    async with ingest_service() as ingest:
        answer = await ingest.send("/v1/logs", b"\xff\xffnot a request", Content_Type=kind)
        assert answer.status_code == 400
        assert answer.headers["content-type"] == kind
        text = await ingest.send("/v1/logs", b"hello", Content_Type="text/plain")
        assert text.status_code == 415
        wrong = await ingest.send("/v1/logs", b"", Content_Type=kind, Authorization="Bearer llk_wrong_key")
        assert wrong.status_code == 401
        assert ingest.broker.logs == []


@pytest.mark.parametrize("kind", [PROTOBUF, JSON])
async def test_a_refusal_that_passes_says_when_to_send_again(kind: str) -> None:
    async with ingest_service() as ingest:
        ingest.broker.failure = NotPublished("unreachable", "no broker")
        body = request({}).SerializeToString() if kind == PROTOBUF else as_json(request({}))
        answer = await ingest.send("/v1/logs", body, Content_Type=kind)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        ingest.broker.failure = None
        assert (await ingest.send("/v1/logs", body, Content_Type=kind)).status_code == 200
        assert len(ingest.broker.logs) == 1


async def test_an_export_without_records_is_accepted() -> None:
    async with ingest_service() as ingest:
        assert (await ingest.send("/v1/logs", b"", Content_Type=PROTOBUF)).status_code == 200
