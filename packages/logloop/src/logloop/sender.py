"""`python -m logloop.sender`: a process that sends the entries it reads, for programs whose own network is not to be
trusted, such as a test run that mocks sockets, HTTP clients and the clock.

It must not write anything but its final counts, as one JSON object, to stdout.
"""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import asdict
from typing import IO

from logloop.batch_sender import Entry
from logloop.connection import resolve
from logloop.delivery import Delivery, DeliverySettings

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
