"""Encodes the logs of a load client in the protocols that are measured."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

_SEVERITY_NUMBERS = {"debug": 5, "info": 9, "warn": 13, "error": 17}


@dataclass(frozen=True)
class Encoding:
    """How a load client sends: the content type, and the body for a JSON array of entries."""

    media_type: str

    def body(self, entries: bytes) -> bytes:
        """Return the body of these entries."""
        return entries


class _Otlp(Encoding):
    def body(self, entries: bytes) -> bytes:
        request = ExportLogsServiceRequest()
        scopes: dict[str, Any] = {}
        for entry in orjson.loads(entries):
            scope = scopes.get(entry["service_id"])
            if scope is None:
                resource = request.resource_logs.add()
                resource.resource.attributes.add(key="service.name").value.string_value = entry["service_id"]
                scope = scopes[entry["service_id"]] = resource.scope_logs.add()
            record = scope.log_records.add(time_unix_nano=_nanos(entry), severity_text=entry["severity"].upper())
            record.severity_number = _SEVERITY_NUMBERS[entry["severity"]]
            record.body.string_value = entry["message"]
            attributes = {"code.function.name": entry["func_id"], "log.iostream": entry["source"]}
            for name, value in (attributes | {"host.name": entry["attributes"]["host"]}).items():
                record.attributes.add(key=name).value.string_value = value
            status = entry["attributes"]["http"]["status"]
            record.attributes.add(key="http.response.status_code").value.int_value = status
        return request.SerializeToString()


class _Loki(Encoding):
    def body(self, entries: bytes) -> bytes:
        streams: dict[tuple[str, str], list[Any]] = {}
        for entry in orjson.loads(entries):
            metadata = {
                "func_id": entry["func_id"],
                "host": entry["attributes"]["host"],
                "status": str(entry["attributes"]["http"]["status"]),
            }
            key = (entry["service_id"], entry["severity"])
            streams.setdefault(key, []).append([str(_nanos(entry)), entry["message"], metadata])
        return orjson.dumps(
            {
                "streams": [
                    {"stream": {"service_name": service, "level": level, "stream": "stdout"}, "values": values}
                    for (service, level), values in streams.items()
                ]
            }
        )


ENCODINGS = {
    "json": Encoding("application/json"),
    "otlp": _Otlp("application/x-protobuf"),
    "loki": _Loki("application/json"),
}


def _nanos(entry: dict[str, Any]) -> int:
    return round(datetime.fromisoformat(entry["timestamp"]).timestamp() * 1e6) * 1000
