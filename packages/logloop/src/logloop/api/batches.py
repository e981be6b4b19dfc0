"""Groups the lines of entries into requests."""

from __future__ import annotations

from collections.abc import Iterable

MAX_BATCH_ENTRIES = 10_000
MAX_BATCH_BYTES = 8 * 1024 * 1024


def split_lines(lines: Iterable[bytes]) -> Iterable[list[bytes]]:
    """Group lines into requests of at most 10,000 entries and 8 MiB before compression."""
    group: list[bytes] = []
    size = 0
    for line in lines:
        if group and (len(group) >= MAX_BATCH_ENTRIES or size + len(line) > MAX_BATCH_BYTES):
            yield group
            group, size = [], 0
        group.append(line)
        size += len(line) + 1
    if group:
        yield group
