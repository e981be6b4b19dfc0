"""Entries that a protocol translator makes from another format, before they are checked."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from logloop_ingest.parsing.entries import Entries
from logloop_ingest.parsing.json_values import InvalidLine, too_many_entries

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIELDS = ("service_id", "message", "severity", "test_id", "func_id", "source", "attributes")
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
        typed if typed and len(typed) == len(translated) else None,
        lambda: [_value(item) for item in translated],
        is_unique=has_times and any(item.timestamp % _SECOND_US for item in typed),
    )


def _value(item: TranslatedEntry | InvalidLine) -> Any:
    """Return an entry as the JSON value that the check of single entries takes."""
    if isinstance(item, InvalidLine):
        return item
    values = {name: value for name in _FIELDS if (value := getattr(item, name)) is not None}
    return {**values, "timestamp": _rfc3339(item.timestamp)}


def _rfc3339(micros: int) -> str:
    try:
        return (_EPOCH + timedelta(microseconds=micros)).isoformat()
    except OverflowError:
        return str(micros)  # the check names it as invalid
