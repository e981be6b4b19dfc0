"""The export format of systemd's journal, as systemd-journal-upload sends it.

https://systemd.io/JOURNAL_EXPORT_FORMATS describes it: fields on lines, binary ones with their length, and a blank
line after each entry.
"""

from collections.abc import Iterator
from typing import Any

from logloop_chassis.http.problems import BadRequest

from logloop_ingest.accept import Result
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.entries import Entries
from logloop_ingest.parsing.json_values import too_many_entries
from logloop_ingest.parsing.translated_entries import TranslatedEntry, entries_of
from logloop_ingest.protocols.answers import TEXT, as_text
from logloop_ingest.protocols.journald.parts import LENGTH_BYTES, JournalParts
from logloop_ingest.protocols.protocol import Answer, Envelope, IntakeProtocol
from logloop_ingest.protocols.translation.severities import of_syslog, severity_in
from logloop_ingest.protocols.translation.values import UNKNOWN_SERVICE, cut, service_id, text_of

Fields = dict[str, Any]
"""The fields of an entry. One that the entry has several times is a list of texts."""

_SHARED_UNITS = ("user@", "session-", "init.scope")
"""Units in which programs of many kinds run."""
_NO_ATTRIBUTES = frozenset({"MESSAGE", "__REALTIME_TIMESTAMP", "__CURSOR", "__MONOTONIC_TIMESTAMP", "__SEQNUM",
                            "__SEQNUM_ID"})  # fmt: skip
"""What becomes a field of the entry, and what tells the places of entries in one journal apart."""


def translate(envelope: Envelope, body: bytes, limits: Limits) -> Entries:
    """Return the entries of a journal. Raises BadRequest when it ends within a field."""
    entries: list[TranslatedEntry] = []
    has_times = True
    for fields in fields_of(body):
        if len(entries) == limits.entries:
            raise too_many_entries(limits.entries)
        time = _number(_first(fields, "__REALTIME_TIMESTAMP"))
        has_times = has_times and time is not None
        entries.append(_entry(fields, envelope.now_us if time is None else time, limits))
    return entries_of(entries, max_entries=limits.entries, has_times=has_times)


def fields_of(body: bytes) -> Iterator[Fields]:
    """Yield the fields of each entry. Raises BadRequest."""
    fields: Fields = {}
    position, size = 0, len(body)
    while position < size:
        end = body.find(b"\n", position)
        line = body[position : size if end < 0 else end]
        position = size if end < 0 else end + 1
        if not line:
            if fields:
                yield fields
            fields = {}
            continue
        name, separator, value = line.partition(b"=")
        if not separator:
            value, position = _binary(body, position, name)
        _add(fields, name.decode("utf-8", "replace"), value.decode("utf-8", "replace"))
    if fields:
        yield fields


def _binary(body: bytes, position: int, name: bytes) -> tuple[bytes, int]:
    """Return a binary value and the position after it: its length as 8 bytes, the value, and a line feed."""
    start = position + LENGTH_BYTES
    length = int.from_bytes(body[position:start], "little")
    end = start + length
    if len(body) < start or body[end : end + 1] != b"\n":
        raise BadRequest(
            f"not the export format of a journal: the field {name[:80]!r} has neither '=' nor a length that fits"
        )
    return body[start:end], end + 1


def _add(fields: Fields, name: str, value: str) -> None:
    if name not in fields:
        fields[name] = value
    elif isinstance(fields[name], list):
        fields[name].append(value)
    else:
        fields[name] = [fields[name], value]


def _entry(fields: Fields, time: int, limits: Limits) -> TranslatedEntry:
    attributes = {name: value for name, value in fields.items() if name not in _NO_ATTRIBUTES}
    messages = fields.get("MESSAGE")
    text = "\n".join(messages) if isinstance(messages, list) else messages or text_of(attributes)
    level = _number(_first(fields, "PRIORITY"))
    message, kept = cut(text, attributes, limits.message_bytes)
    return TranslatedEntry(
        _service(fields),
        message,
        severity_in(text) if level is None else of_syslog(level),
        time,
        func_id=_reference(fields, "CODE_FUNC", limits),
        source=_reference(fields, "_TRANSPORT", limits),
        attributes=kept or None,
    )


def _service(fields: Fields) -> str:
    """Return the service: the container, the unit without its suffix, or what the program calls itself."""
    container = _first(fields, "CONTAINER_NAME")
    units = (_first(fields, "_SYSTEMD_USER_UNIT"), _first(fields, "_SYSTEMD_UNIT"))
    unit = next((name for name in units if name and not name.startswith(_SHARED_UNITS)), None)
    name = container or (unit and unit.removesuffix(".service").removesuffix(".scope"))
    name = name or _first(fields, "SYSLOG_IDENTIFIER") or _first(fields, "_COMM")
    return service_id(name) if name else UNKNOWN_SERVICE


def _first(fields: Fields, name: str) -> str | None:
    value = fields.get(name)
    return value[0] if isinstance(value, list) else value


def _reference(fields: Fields, name: str, limits: Limits) -> str | None:
    value = _first(fields, name)
    return value[: limits.reference_length] if value else None


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 19 else None


def accepted(_envelope: Envelope, result: Result, _body: bytes) -> Answer:
    """Return 202, after which the client saves its place in the journal."""
    text = "OK.\n"
    if result.rejected:
        first = result.rejected[0]
        violation = first.violations[0]
        text = f"not all entries were stored; the first that was rejected, number {first.index}: {violation.reason}\n"
    return Answer(202, text.encode(), TEXT)


JOURNALD = IntakeProtocol(
    name="journald",
    paths=("/upload",),
    translate=translate,
    accepted=accepted,
    refused=as_text,
    answers_each_entry=True,
    parts=JournalParts,
)
