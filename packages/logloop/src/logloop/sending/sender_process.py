"""A child process that sends the entries it reads from stdin and prints its counts as one JSON object.

The pytest plugin uses it because tests mock sockets, HTTP clients and clocks in their own process.
"""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import asdict
from typing import IO

from logloop.connection import resolve
from logloop.sending.background_sender import Delivery, DeliverySettings
from logloop.sending.batch_sender import Entry

END = b"END\n"
AWAY_SECONDS = 5.0
BUSY_SECONDS = 20.0


def send_all(lines: IO[bytes], delivery: Delivery) -> None:
    """Queue each line (a JSON entry) until END or the end of input; a forked child may hold the pipe open."""
    for line in lines:
        if line == END:
            return
        try:
            delivery.put(json.loads(line))
        except ValueError:
            continue  # a line cut off by a killed parent


def main() -> None:
    """Read entries from stdin, send them, print the counts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, which then ends us in order
    problems: list[str] = []

    def report(number: int) -> Entry:
        return {"message": f"{number} log entries were dropped", "severity": "warn", "source": "logloop"}

    settings = DeliverySettings(capacity=100_000, batch_entries=2_000)
    delivery = Delivery(resolve(), settings, report=report, on_problem=problems.append)
    send_all(sys.stdin.buffer, delivery)
    complete = _finish(delivery, problems)
    answer = {**asdict(delivery.stats), "complete": complete, "problem": problems[0] if problems else None}
    print(json.dumps(answer), flush=True)  # noqa: T201 - the answer to the parent


def _finish(delivery: Delivery, problems: list[str]) -> bool:
    """Send the rest: not long for a platform that never answered, longer for one that does on a busy machine."""
    is_away = not delivery.flush(AWAY_SECONDS) and bool(problems) and not delivery.stats.sent
    return delivery.close(0.0 if is_away else BUSY_SECONDS)


if __name__ == "__main__":
    main()
