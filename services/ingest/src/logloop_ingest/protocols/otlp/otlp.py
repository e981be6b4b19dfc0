"""OpenTelemetry's logs (OTLP/HTTP): protobuf and JSON. The answers follow the specification of OTLP."""

import orjson
from logloop_chassis.http.problems import Problem, UnsupportedMedia
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from logloop_ingest.accept import Result
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.entries import Entries
from logloop_ingest.parsing.translated_entries import entries_of, entries_of_columns
from logloop_ingest.protocols.answers import JSON
from logloop_ingest.protocols.otlp.json_columns import columns_of_json
from logloop_ingest.protocols.otlp.json_requests import records_of_json
from logloop_ingest.protocols.otlp.protobuf_requests import columns_of_protobuf
from logloop_ingest.protocols.otlp.status import code_of, status_of
from logloop_ingest.protocols.protocol import Answer, Envelope, IntakeProtocol

PROTOBUF = "application/x-protobuf"
RETRY_AFTER_S = 5


def translate(envelope: Envelope, body: bytes, limits: Limits) -> Entries:
    """Return the entries of an export request."""
    if envelope.media_type == PROTOBUF:
        return entries_of_columns(*columns_of_protobuf(body, limits, envelope.now_us))
    if envelope.media_type == JSON:
        found = columns_of_json(body, limits, envelope.now_us)
        if found is not None:
            return entries_of_columns(*found)
        read = records_of_json(body, limits, envelope.now_us)
        return entries_of(read.entries, max_entries=limits.entries, has_times=read.has_times)
    raise UnsupportedMedia(f"Content-Type {envelope.media_type[:80]!r} is not OTLP; use {PROTOBUF} or {JSON}")


def accepted(envelope: Envelope, result: Result, _body: bytes) -> Answer:
    """Return an ExportLogsServiceResponse, with partial_success if entries were rejected."""
    message = reason_of(result)
    if envelope.media_type == JSON:
        partial = {"rejectedLogRecords": str(len(result.rejected)), "errorMessage": message}
        return Answer(200, orjson.dumps({"partialSuccess": partial} if message else {}), JSON)
    return Answer(200, response_of(result).SerializeToString(), PROTOBUF)


def response_of(result: Result) -> ExportLogsServiceResponse:
    """Return the response message: empty when every entry was accepted."""
    response = ExportLogsServiceResponse()
    if result.rejected:
        response.partial_success.rejected_log_records = len(result.rejected)
        response.partial_success.error_message = reason_of(result)
    return response


def reason_of(result: Result) -> str:
    """Return why the first rejected entry was rejected, an empty text if none was."""
    if not result.rejected:
        return ""
    first = result.rejected[0]
    violation = first.violations[0]
    return f"log record {first.index}: {violation.field} {violation.reason}"


def refused(envelope: Envelope, problem: Problem, _body: bytes | None = None) -> Answer:
    """Return a google.rpc.Status. A client sends again after 429 and 503 only."""
    if envelope.media_type == JSON:
        body = orjson.dumps({"code": code_of(problem), "message": problem.detail})
        return Answer(problem.status, body, JSON, _headers(problem))
    return Answer(problem.status, status_of(problem), PROTOBUF, _headers(problem))


def _headers(problem: Problem) -> dict[str, str]:
    """Return the headers of a refusal. SDKs try six times; with longer waits they last through a longer outage."""
    after = problem.headers.get("Retry-After", "")
    if not after.isdigit():
        return dict(problem.headers)
    return {**problem.headers, "Retry-After": str(max(int(after), RETRY_AFTER_S))}


OTLP = IntakeProtocol(
    name="otlp",
    paths=("/v1/logs", "/otlp/v1/logs", "/ingest/otlp/v1/logs"),
    translate=translate,
    accepted=accepted,
    refused=refused,
    answers_each_entry=True,
)
