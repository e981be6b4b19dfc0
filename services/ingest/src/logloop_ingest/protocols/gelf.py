"""GELF, Graylog's format: what one document becomes, and its transport over HTTP."""

from typing import Any

from logloop_chassis.http.problems import Problem

from logloop_ingest.accept import Result
from logloop_ingest.decompression import is_zlib
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.entries import Entries
from logloop_ingest.protocols.answers import as_json
from logloop_ingest.protocols.protocol import Answer, Envelope, IntakeProtocol
from logloop_ingest.protocols.translation.documents import DocumentEntry, FieldNames, entry_of_document
from logloop_ingest.protocols.translation.json_objects import entries_of_objects
from logloop_ingest.protocols.translation.values import text_of

_NAMES = FieldNames(
    message=("short_message",),
    timestamp=("timestamp",),
    severity=("level",),
    service=("service.name", "service", "service_name", "application_name", "app", "application", "container_name",
             "facility", "logger_name", "logger"),
    test=("test_id",),
    function=("func_id", "function", "func"),
    source=("source", "stream"),
)  # fmt: skip


def entry_of_gelf(document: dict[str, Any], *, limits: Limits, now_us: int) -> DocumentEntry:
    """Return the entry of a GELF document. Additional fields become attributes without their underscore.

    The message is the short message, with the full message on the lines after it unless that begins with it.
    """
    values: dict[str, Any] = {}
    for name, value in document.items():
        plain = name[1:] if name.startswith("_") and len(name) > 1 else name
        values[name if plain != name and (plain in document or plain in values) else plain] = value
    values.pop("version", None)
    short, full = values.get("short_message"), values.pop("full_message", None)
    texts = [text for text in (text_of(short), text_of(full)) if text]
    if len(texts) > 1 and texts[1].startswith(texts[0]):
        del texts[0]
    if texts:
        values["short_message"] = "\n".join(texts)
    return entry_of_document(values, limits=limits, now_us=now_us, names=_NAMES)


def translate(envelope: Envelope, body: bytes, limits: Limits) -> Entries:
    """Return the entries of one document, an array, or one document a line."""

    def make(document: dict[str, Any]) -> DocumentEntry:
        return entry_of_gelf(document, limits=limits, now_us=envelope.now_us)

    return entries_of_objects(body, limits, make)


def encoding_of(envelope: Envelope, body: bytes) -> str:
    """Return the encoding that a body has: clients state `gzip,deflate`, or none, for either of the two."""
    found = encoding_of_bytes(body)
    return envelope.headers.get("content-encoding", "") if found is None else found


def encoding_of_bytes(body: bytes) -> str | None:
    """Return the encoding that the first bytes show: empty for JSON, None if they show none."""
    if body.startswith(b"\x1f\x8b"):
        return "gzip"
    if body.startswith(b"\x28\xb5\x2f\xfd"):
        return "zstd"
    if is_zlib(body):
        return "deflate"
    if body.lstrip()[:1] in {b"{", b"["}:
        return ""
    return None


def accepted(_envelope: Envelope, result: Result, _body: bytes) -> Answer:
    """Return 202, without a body when every document was accepted."""
    if not result.rejected:
        return Answer(202)
    reasons = [f"{item.index}: {item.violations[0].field} {item.violations[0].reason}" for item in result.rejected]
    return as_json(202, {"rejected": reasons})


def refused(_envelope: Envelope, problem: Problem, _body: bytes | None = None) -> Answer:
    """Return what is wrong."""
    return as_json(problem.status, {"error": problem.detail}, problem)


GELF = IntakeProtocol(
    name="gelf",
    paths=("/gelf",),
    translate=translate,
    accepted=accepted,
    refused=refused,
    content_encoding=encoding_of,
)
