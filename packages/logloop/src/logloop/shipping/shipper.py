"""Ships lines: groups them into records, turns records into entries and sends those in batches."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from logloop.api.client import Client
from logloop.api.endpoints import entry_line
from logloop.api.results import SendResult
from logloop.api.retry import Backoff
from logloop.errors import LogloopError, Unavailable, Unreachable
from logloop.lines.formats.table import Format
from logloop.lines.parsed import ParsedLine
from logloop.lines.records import RecordReader
from logloop.sending.batch_sender import Entry
from logloop.shipping.entries import fitting, short_id, split_message, valid_service

BATCH_ENTRIES = 5_000
BATCH_CHARS = 32 * 1024 * 1024
PART = "logloop.part"
"""Attribute of the entries that one long message is split into: 1/3, 2/3, 3/3."""


@dataclass(frozen=True, slots=True)
class ShipSettings:
    """How lines are parsed and what is added to each entry. `zone` applies to times without a zone."""

    format_name: str = "auto"
    zone: tzinfo = UTC
    test_id: str | None = None
    source: str | None = None
    service: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    join: bool = True
    formats: tuple[Format, ...] = ()

    def reader(self, now: datetime | None = None) -> RecordReader:
        """Return a record reader with these settings."""
        return RecordReader(self.format_name, self.zone, now, join=self.join, formats=self.formats)

    def entries(self, parsed: ParsedLine, source: str) -> list[Entry]:
        """Return the entry of a record, or several when its message is too long for one.

        Values in the line win over these settings, except the service.
        """
        attributes = {**self.attributes, **parsed.attributes}
        if parsed.severity_text:
            attributes.setdefault("severity_text", parsed.severity_text)
        ids = self._ids(parsed, source, attributes)
        attributes = fitting(attributes)
        parts = split_message(parsed.message, attributes)
        entry: Entry = {"severity": parsed.severity or "info", "timestamp": parsed.timestamp, **ids}
        if len(parts) == 1:
            return [{"message": parts[0], **entry, "attributes": attributes or None}]
        return [
            {
                "message": part,
                **entry,
                "attributes": {**(attributes if number == 1 else {}), PART: f"{number}/{len(parts)}"},
            }
            for number, part in enumerate(parts, 1)
        ]

    def _ids(self, parsed: ParsedLine, source: str, attributes: dict[str, Any]) -> dict[str, str]:
        named = {
            "source": parsed.source or self.source or source,
            "test_id": parsed.test_id or self.test_id,
            "func_id": parsed.func_id,
        }
        ids = {name: short_id(name, value, attributes) for name, value in named.items() if value}
        service = self.service or (valid_service(parsed.service_id) if parsed.service_id else None)
        if service:
            ids["service_id"] = service
        if parsed.service_id and parsed.service_id != service:
            attributes.setdefault("service.name", parsed.service_id)
        return ids


def is_full(entries: list[Entry]) -> bool:
    """Return whether entries are enough for a batch: by number, or by the size of their messages."""
    if len(entries) >= BATCH_ENTRIES:
        return True
    if not entries or len(entries[-1]["message"]) < BATCH_CHARS // BATCH_ENTRIES:
        return False  # the usual case: only long messages can make a small number of entries large
    return sum(len(entry["message"]) for entry in entries) >= BATCH_CHARS


@dataclass(slots=True)
class ShipCounts:
    """Counts so far. `errors` holds the errors of the first five rejected entries."""

    sent: int = 0
    refused: int = 0
    errors: list[Any] = field(default_factory=list)


class Shipper:
    """Sends entries through a client and counts them. Retries for `retry_for` seconds; None means no limit."""

    def __init__(
        self,
        client: Client,
        settings: ShipSettings,
        *,
        retry_for: float | None,
        on_wait: Callable[[LogloopError], None],
        on_sent: Callable[[ShipCounts], None],
    ) -> None:
        self.counts = ShipCounts()
        self.settings = settings
        self._client = client
        self._retry_for = retry_for
        self._on_wait = on_wait
        self._on_sent = on_sent

    def with_settings(self, settings: ShipSettings) -> Shipper:
        """Return a shipper with other settings that shares the client and the counts."""
        other = Shipper(
            self._client, settings, retry_for=self._retry_for, on_wait=self._on_wait, on_sent=self._on_sent
        )
        other.counts = self.counts
        return other

    def lines(self, entries: Iterable[Entry]) -> list[bytes]:
        """Return entries as the lines that `send` sends."""
        return [entry_line(entry, self._client.connection) for entry in entries]

    def send(self, lines: list[bytes], key: str | None = None) -> None:
        """Send one batch and wait for its confirmation. Raises a LogloopError when that fails for good."""
        if not lines:
            return
        result = self._send_with_retries(lines, key or uuid.uuid4().hex)
        self.counts.sent += result.accepted
        self.counts.refused += len(result.rejected)
        self.counts.errors += [entry.errors for entry in result.rejected[: 5 - len(self.counts.errors)]]
        self._on_sent(self.counts)

    def _send_with_retries(self, lines: list[bytes], key: str) -> SendResult:
        backoff = Backoff(self._retry_for)
        while True:
            try:
                return self._client.send_lines(lines, idempotency_key=key)
            except (Unreachable, Unavailable) as error:
                delay = backoff.next_delay(error.retry_after)
                if delay is None:
                    raise
                self._on_wait(error)
            time.sleep(delay)

    def ship(self, lines: Iterable[str | None], source: str, *, sample: Iterable[str] = ()) -> None:
        """Ship all lines of an input. None stands for a moment of silence and flushes what was read.

        `sample` holds the first lines once more; they show the hosts and the order of dates in the input.
        """
        reader, entries = self.settings.reader(), list[Entry]()
        reader.learn(sample)
        for line in lines:
            records = reader.flush() if line is None else reader.feed(line)
            for record in records:
                entries += self.settings.entries(record.parsed, source)
            if is_full(entries) or (line is None and entries):
                self.send(self.lines(entries))
                entries = []
        for record in reader.flush():
            entries += self.settings.entries(record.parsed, source)
        self.send(self.lines(entries))
