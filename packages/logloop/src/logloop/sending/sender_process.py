"""A child process that sends the entries it reads from stdin and prints its counts as one JSON object.

The pytest plugin uses it because tests mock sockets, HTTP clients and clocks in their own process.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import IO

from logloop.connection import resolve
from logloop.sending.background_sender import BackgroundSender, SenderSettings
from logloop.sending.batch_sender import Entry
from logloop.sending.repair import ORIGINAL

END = b"END\n"
UNREACHABLE_SECONDS = 5.0
BUSY_SECONDS = 20.0
MOCKED_FROM_SECONDS = 3600.0
"""Difference to this process's clock from which a timestamp is a mocked one."""


def send_all(lines: IO[bytes], sender: BackgroundSender) -> None:
    """Queue each line (a JSON entry) until END or end of file; a forked child may keep the pipe open."""
    for line in lines:
        if line == END:
            return
        try:
            sender.put(with_real_time(json.loads(line), time.time()))
        except ValueError:
            continue  # a line cut off by a killed parent


def with_real_time(entry: Entry, now: float) -> Entry:
    """Return an entry that was written just now. A time that is far from `now`, in seconds, is a mocked clock's.

    The mocked time is kept as an attribute: with it as timestamp, the entry would be refused, expired or far from its
    test.
    """
    written = entry.get("timestamp")
    if isinstance(written, int | float) and abs(written - now) <= MOCKED_FROM_SECONDS:
        return entry
    attributes = {**entry.get("attributes", {}), f"{ORIGINAL}timestamp": _time_text(written)}
    return {**entry, "timestamp": now, "attributes": attributes}


def _time_text(written: object) -> str:
    try:
        return datetime.fromtimestamp(float(str(written)), UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return str(written)


def main() -> None:
    """Read entries from stdin, send them and print the counts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets Ctrl-C too and ends this process in order
    problems: list[str] = []

    def drop_report(number: int) -> Entry:
        return {"message": f"{number} log entries were dropped", "severity": "warn", "source": "logloop"}

    settings = SenderSettings(capacity=100_000, batch_entries=2_000)
    sender = BackgroundSender(resolve(), settings, drop_report=drop_report, on_problem=problems.append)
    send_all(sys.stdin.buffer, sender)
    complete = _finish(sender, problems)
    counts = {**asdict(sender.stats), "complete": complete, "problem": problems[0] if problems else None}
    print(json.dumps(counts), flush=True)  # noqa: T201 - the parent reads it


def _finish(sender: BackgroundSender, problems: list[str]) -> bool:
    """Send the rest. Give up early when the platform never responded, later when it is just slow."""
    is_unreachable = not sender.flush(UNREACHABLE_SECONDS) and bool(problems) and not sender.stats.sent
    return sender.close(0.0 if is_unreachable else BUSY_SECONDS)


if __name__ == "__main__":
    main()
