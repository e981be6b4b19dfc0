"""The entries of a request by field, before they are checked."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any, Protocol

import msgspec

MIN_ENTRIES = 12
"""From this many entries on, checking whole columns is faster than checking each entry."""


class ColumnEntry(Protocol):
    """An entry whose values have the right types: text, and a time as text or as microseconds since 1970.

    Either every entry of a body has its attributes parsed, or every one has them as JSON text.
    """

    service_id: str
    message: str
    severity: str
    test_id: str | None
    func_id: str | None
    source: str | None

    @property
    def attributes(self) -> dict[str, Any] | msgspec.Raw | None:
        """The attributes, or their JSON text, which may be anything."""

    @property
    def timestamp(self) -> str | int:
        """The time of the entry."""


@dataclass(slots=True)
class EntryColumns:
    """The values of each field, in the order of the entries; all have the same length.

    Times are texts or microseconds since 1970. Attributes are parsed, or JSON text that may be anything. Attributes
    that are the same object are encoded once, so a translator gives entries with equal attributes the same object.
    """

    service_id: Sequence[str]
    message: Sequence[str]
    severity: Sequence[str]
    timestamp: Sequence[str] | Sequence[int]
    test_id: Sequence[str | None]
    func_id: Sequence[str | None]
    source: Sequence[str | None]
    attributes: Sequence[dict[str, Any] | None] | Sequence[msgspec.Raw]

    def __len__(self) -> int:
        return len(self.message)

    def values(self) -> list[Sequence[Any]]:
        """Return the columns in the order of their fields."""
        return [getattr(self, field.name) for field in fields(self)]

    def rows(self) -> list[dict[str, Any]]:
        """Return the values of each entry by field."""
        names = [field.name for field in fields(self)]
        return [dict(zip(names, row, strict=True)) for row in zip(*self.values(), strict=True)]


def columns_of(entries: Sequence[ColumnEntry]) -> EntryColumns:
    """Return the columns of entries."""
    times: Any = [entry.timestamp for entry in entries]
    attributes: Any = [entry.attributes for entry in entries]
    return EntryColumns(
        [entry.service_id for entry in entries],
        [entry.message for entry in entries],
        [entry.severity for entry in entries],
        times,
        [entry.test_id for entry in entries],
        [entry.func_id for entry in entries],
        [entry.source for entry in entries],
        attributes,
    )


def joined(parts: Sequence[EntryColumns]) -> EntryColumns:
    """Return the entries of all parts, in order."""
    if len(parts) == 1:
        return parts[0]
    columns = zip(*(part.values() for part in (*parts, columns_of(()))), strict=True)
    return EntryColumns(*(list(chain.from_iterable(column)) for column in columns))
