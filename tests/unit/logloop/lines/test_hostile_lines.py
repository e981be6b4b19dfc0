"""No line keeps the reader busy beyond all bounds. Without a bound, these lines would never end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from logloop.lines.records import RecordReader

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HEADS = (
    "",
    "2026-11-26 10:00:00 ",
    "[2026-11-26 10:00:00] ",
    "Nov 26 10:00:00 ",
    "<34>1 2026-11-26T10:00:00Z h a - - ",
)
REPEATED = (
    "a:",
    " - ",
    "[a] ",
    "a$",
    "a.",
    '\\"',
    "a=b ",
    "[",
    "{",
    "1 ",
    "a/b/",
    "\x1b[31m",
    "(a) ",
    "-",
    "::",
    "] [a/",
    "a_=1 ",
    "(1,1): ",
    "Error in a(",
)
LENGTH = 50_000


@pytest.mark.parametrize("repeated", REPEATED)
def test_a_line_of_one_repeated_text_is_read_and_kept(repeated: str) -> None:
    for head in HEADS:
        reader = RecordReader("auto", UTC, NOW)
        line = f"{head}{repeated * (LENGTH // len(repeated))} end"
        records = [*reader.feed(line), *reader.flush()]
        assert any(record.parsed.message.endswith("end") for record in records)
