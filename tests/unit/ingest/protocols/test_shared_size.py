"""What the logs of a request share is stored with each of them, so its size times their number is limited."""

import json
from typing import Any

import pytest
from logloop_chassis.http.problems import TooLarge
from logloop_ingest.limits import Limits
from logloop_ingest.protocols.loki import loki
from logloop_ingest.protocols.loki.protobuf_requests import ENTRIES
from logloop_ingest.protocols.otlp import otlp
from logloop_ingest.protocols.protocol import Envelope
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

LIMITS = Limits(shared_bytes=4096)
PROTOBUF, JSON = "application/x-protobuf", "application/json"


def otlp_protobuf(value: str, records: int, scopes: int) -> tuple[Any, str, bytes]:
    request = ExportLogsServiceRequest()
    resource_logs = request.resource_logs.add()
    resource_logs.resource.attributes.add(key="pod").value.string_value = value
    for _ in range(scopes):
        scope = resource_logs.scope_logs.add()
        for _ in range(records):
            scope.log_records.add(time_unix_nano=1).body.string_value = "order placed"
    return otlp.translate, PROTOBUF, request.SerializeToString()


def otlp_json(value: str, records: int, scopes: int, body: Any = None) -> tuple[Any, str, bytes]:
    record = {"timeUnixNano": "1", "body": body or {"stringValue": "order placed"}}
    resource = {"attributes": [{"key": "pod", "value": {"stringValue": value}}]}
    scope_logs = [{"scope": {}, "logRecords": [record] * records}] * scopes
    request = {"resourceLogs": [{"resource": resource, "scopeLogs": scope_logs}]}
    return otlp.translate, JSON, json.dumps(request).encode()


def otlp_json_with_numbers(value: str, records: int, scopes: int) -> tuple[Any, str, bytes]:
    return otlp_json(value, records, scopes, body={"intValue": 7})


def loki_protobuf(value: str, records: int, scopes: int) -> tuple[Any, str, bytes]:
    request = ENTRIES()
    for _ in range(scopes):
        stream = request.streams.add(labels=f'{{pod="{value}"}}')
        for _ in range(records):
            stream.entries.add(line="order placed").timestamp.seconds = 1
    return loki.translate, PROTOBUF, request.SerializeToString()


def loki_json(value: str, records: int, scopes: int, metadata: Any = None) -> tuple[Any, str, bytes]:
    stream = {"stream": {"pod": value}, "values": [["1", "order placed", metadata or {}]] * records}
    return loki.translate, JSON, json.dumps({"streams": [stream] * scopes}).encode()


def loki_json_with_errors(value: str, records: int, scopes: int) -> tuple[Any, str, bytes]:
    return loki_json(value, records, scopes, metadata=7)


ALL = [otlp_protobuf, otlp_json, otlp_json_with_numbers, loki_protobuf, loki_json, loki_json_with_errors]


def translated(parts: tuple[Any, str, bytes]) -> int:
    translate, media_type, body = parts
    return len(translate(Envelope("/", {}, {}, {"content-type": media_type}, 1), body, LIMITS).values())


@pytest.mark.parametrize("request_of", ALL)
@pytest.mark.parametrize(("records", "scopes"), [(60, 1), (1, 60), (0, 60)], ids=["logs", "scopes", "no-logs"])
def test_a_request_whose_logs_share_too_much_is_refused(request_of: Any, records: int, scopes: int) -> None:
    with pytest.raises(TooLarge, match="may take 4096 bytes in all; send fewer logs"):
        translated(request_of("x" * 80, records, scopes))


@pytest.mark.parametrize("request_of", ALL)
def test_short_attributes_of_many_logs_are_accepted(request_of: Any) -> None:
    assert translated(request_of("x", 20, 2)) == 40
