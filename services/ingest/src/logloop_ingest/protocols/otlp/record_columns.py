"""Makes entries of many log records at once, field by field; `entry_of_record` makes the same of one record."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from logloop_ingest.limits import Limits
from logloop_ingest.parsing.entry_columns import EntryColumns, joined
from logloop_ingest.protocols.otlp.origins import Shared
from logloop_ingest.protocols.otlp.records import SEVERITIES, is_canonical
from logloop_ingest.protocols.translation.severities import severity, severity_in
from logloop_ingest.protocols.translation.values import cut

_SEVERITY_OF = {number: word for number, word in enumerate(SEVERITIES) if word}


class RecordFields(NamedTuple):
    """The records of a scope, field by field.

    `others` has values that become attributes, by their names; a text is empty where there is none.
    """

    service_id: str
    nanos: Sequence[int]
    numbers: Sequence[int]
    words: Sequence[str]
    messages: Sequence[str]
    shared: Sequence[Shared]
    others: Mapping[str, Sequence[str]]


class ReadColumns(NamedTuple):
    """The entries of a request; `has_times` says that each record stated its time."""

    columns: EntryColumns
    has_times: bool


def read_columns(scopes: Sequence[RecordFields], limits: Limits, now_us: int) -> ReadColumns:
    """Return the entries of the records of all scopes."""
    columns = joined([_columns(records, limits, now_us) for records in scopes])
    return ReadColumns(columns, all(min(records.nanos, default=1) > 0 for records in scopes))


def _columns(records: RecordFields, limits: Limits, now_us: int) -> EntryColumns:
    messages = records.messages
    tests, functions, sources, shared = zip(*records.shared, strict=True) if records.shared else [()] * 4
    attributes = _with_others(shared, _others(records))
    if max(map(len, messages), default=0) * 4 > limits.message_bytes:
        both = [cut(*item, limits.message_bytes) for item in zip(messages, attributes, strict=True)]
        messages, attributes = [message for message, _ in both], [values for _, values in both]
    return EntryColumns(
        [records.service_id] * len(messages),
        messages,
        _levels(records),
        [nanos // 1000 or now_us for nanos in records.nanos],
        tests,
        functions,
        sources,
        attributes,
    )


def _levels(records: RecordFields) -> list[str]:
    if _SEVERITY_OF.keys() >= set(records.numbers):
        return [_SEVERITY_OF[number] for number in records.numbers]
    return [
        _SEVERITY_OF.get(number) or severity(word) or severity_in(message)
        for number, word, message in zip(records.numbers, records.words, records.messages, strict=True)
    ]


def _others(records: RecordFields) -> dict[str, Sequence[str]]:
    """Return the values that become attributes of single records, with the severities that say more than a level."""
    words = {word for word in set(records.words) if not is_canonical(word)}
    if not words:
        return dict(records.others)
    return {**records.others, "severity_text": [word if word in words else "" for word in records.words]}


def _with_others(
    attributes: Sequence[dict[str, Any]], others: Mapping[str, Sequence[str]]
) -> Sequence[dict[str, Any]]:
    """Return the attributes of each record with its other values; shared attributes are not changed."""
    if not others:
        return attributes
    names = tuple(others)
    return [
        {**shared, **{name: value for name, value in zip(names, values, strict=True) if value}}
        if any(values)
        else shared
        for shared, values in zip(attributes, zip(*others.values(), strict=True), strict=True)
    ]
