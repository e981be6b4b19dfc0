"""Progress while lines are sent, and what became of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit
from logloop.cli.output import print_json, say
from logloop.errors import LogloopError, describe_violation

if TYPE_CHECKING:
    from logloop.shipping.shipper import ShipCounts


class Progress:
    """Progress on stderr: a counter on a terminal, elsewhere only problems."""

    def __init__(self, *, quiet: bool) -> None:
        self._is_live = sys.stderr.isatty() and not quiet
        self._is_waiting = False

    def waiting(self, error: LogloopError) -> None:
        """Say once that the platform is awaited."""
        if not self._is_waiting:
            self._is_waiting = True
            say(f"logloop: waiting for the platform. {error}")

    def sent(self, counts: ShipCounts) -> None:
        """Count what is confirmed."""
        if self._is_waiting:
            self._is_waiting = False
            say("logloop: the platform is available again")
        if self._is_live:
            sys.stderr.write(f"\r{counts.sent} sent")
            sys.stderr.flush()


def report(counts: ShipCounts, *, as_json: bool, error: LogloopError | None = None) -> None:
    """Print the counts. Exits with PARTIAL or NOTHING_FOUND when entries were rejected or there were none."""
    print_counts(counts, as_json=as_json, error=error)
    if error is None and counts.refused:
        raise CommandExit(exit_codes.PARTIAL)
    if error is None and not counts.sent:
        raise CommandExit(exit_codes.NOTHING_FOUND, None if as_json else "nothing to send")


def print_counts(counts: ShipCounts, *, as_json: bool, error: LogloopError | None = None) -> None:
    """Print what was sent and rejected."""
    if as_json:
        failed = {"error": str(error)} if error else {}
        print_json({"sent": counts.sent, "refused": counts.refused, "errors": counts.errors, **failed})
    elif error is None:
        if sys.stderr.isatty():
            sys.stderr.write("\r")  # overwrites the counter
        say(f"{counts.sent} sent, {counts.refused} rejected")
        for errors in counts.errors:
            say("  rejected: " + "; ".join(map(describe_violation, errors)))
