"""What the benchmark commands share: arguments, progress, a time limit, the table and the JSON line."""

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Collection
from types import FrameType

from benchmarks.report import Report, machine

Progress = Callable[[str], None]
Measure = Callable[[bool, Report, Progress, Collection[str]], None]
"""Measures the named parts, with few logs when the first argument is true."""


class _TimeLimitExceeded(BaseException):
    """Stops the run in whichever part it is; the results so far are printed."""


def arguments_of(name: str, description: str | None, parts: Collection[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog=name, description=description)
    parser.add_argument("--quick", action="store_true", help="send one hundredth of the logs, as a smoke test")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument("--only", choices=parts, action="append", help="measure only this part; may be repeated")
    return parser.parse_args()


def run(arguments: argparse.Namespace, parts: Collection[str], limit_s: int, measure: Measure) -> int:
    """Measure, print the table and, with --json, one JSON object as the last line. Return the exit code."""

    def stop(_: int, __: FrameType | None) -> None:
        raise _TimeLimitExceeded(f"the run was stopped after {limit_s} s; use --quick, or --only with one part")

    signal.signal(signal.SIGALRM, stop)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.alarm(limit_s)
    started_at = time.monotonic()

    def progress(text: str) -> None:
        print(f"[{time.monotonic() - started_at:4.0f} s] {text}", file=sys.stderr, flush=True)

    report = Report()
    environment = machine()
    cut_short = ""
    try:
        measure(arguments.quick, report, progress, arguments.only or parts)
    except _TimeLimitExceeded as error:
        cut_short = str(error)
    signal.alarm(0)
    report.figures["took_s"] = round(time.monotonic() - started_at)
    _print(report, environment, cut_short, arguments)
    return 1 if cut_short or report.failed else 0


def _print(report: Report, environment: dict[str, str], cut_short: str, arguments: argparse.Namespace) -> None:
    print(report.text())
    print()
    for name, value in environment.items():
        print(f"{name:12} {value}")
    if arguments.quick:
        print("--quick sent one hundredth of the logs: the figures show that it works, not how fast it is.")
    if cut_short:
        print(cut_short)
    if report.failed:
        print(f"failed: {', '.join(report.failed)}; the errors are above the table")
    if arguments.json:
        print(
            json.dumps({**report.figures, "failed": report.failed, "quick": arguments.quick, "machine": environment})
        )
