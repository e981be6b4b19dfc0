"""Entries that a protocol translator makes from another format, before they are checked."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from logloop_ingest.parsing.entries import Entries
from logloop_ingest.parsing.entry_columns import MIN_ENTRIES, EntryColumns, columns_of
from logloop_ingest.parsing.json_values import InvalidLine, too_many_entries

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND_US = 1_000_000


class TranslatedEntry(msgspec.Struct, gc=False):
    """An entry of the project of its request. `timestamp` is microseconds since 1970."""

    service_id: str
    message: str
    severity: str
    timestamp: int
    test_id: str | None = None
    func_id: str | None = None
    source: str | None = None
    attributes: dict[str, Any] | None = None


def entries_of(translated: Sequence[TranslatedEntry | InvalidLine], *, max_entries: int, has_times: bool) -> Entries:
    """Return translated entries for the check. An InvalidLine stands for one that could not be translated.

    `has_times` says that each entry states its own time. Together with fractions of seconds, equal content then
    means a retry. Raises TooLarge for more than `max_entries` entries.
    """
    if len(translated) > max_entries:
        raise too_many_entries(max_entries)
    typed = [item for item in translated if isinstance(item, TranslatedEntry)]
    return Entries(
        {None},
        columns_of(typed) if len(typed) >= MIN_ENTRIES and len(typed) == len(translated) else None,
        lambda: [
            item if isinstance(item, InvalidLine) else _value(msgspec.structs.asdict(item)) for item in translated
        ],
        is_unique=has_times and _has_fractions(item.timestamp for item in typed),
    )


def entries_of_columns(columns: EntryColumns, has_times: bool) -> Entries:
    """Return translated entries, whose times are numbers, for the check. `has_times` is as for `entries_of`."""
    return Entries(
        {None},
        columns if len(columns) >= MIN_ENTRIES else None,
        lambda: [_value(row) for row in columns.rows()],
        is_unique=has_times and _has_fractions(columns.timestamp),
    )


def _has_fractions(times: Iterable[Any]) -> bool:
    return any(time % _SECOND_US for time in times)


def _value(fields: dict[str, Any]) -> Any:
    """Return an entry as the JSON value that the check of single entries takes."""
    values = {name: value for name, value in fields.items() if value is not None}
    return {**values, "timestamp": _rfc3339(fields["timestamp"])}


def _rfc3339(micros: int) -> str:
    try:
        return (_EPOCH + timedelta(microseconds=micros)).isoformat()
    except OverflowError:
        return str(micros)  # the check names it as invalid
