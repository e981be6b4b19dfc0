"""Measure each target of the design against one document per log: `python -m benchmarks [--quick] [--json]`."""

import argparse
import json
import signal
import sys
import time
from types import FrameType

from benchmarks.report import Report, machine
from benchmarks.rows import PARTS, Sizes, measure

_LIMIT_S = 14 * 60


class _TimeLimitExceeded(BaseException):
    """Stops the run in whichever part it is; the results so far are printed."""


def _stop(_: int, __: FrameType | None) -> None:
    raise _TimeLimitExceeded(f"the run was stopped after {_LIMIT_S} s; use --quick, or --only with one part")


def main() -> int:
    """Run the benchmarks and print the table; with --json, print one JSON object as the last line."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="send one hundredth of the logs, as a smoke test")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure only this part; may be repeated")
    arguments = parser.parse_args()
    signal.signal(signal.SIGALRM, _stop)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.alarm(_LIMIT_S)
    started_at = time.monotonic()

    def progress(text: str) -> None:
        print(f"[{time.monotonic() - started_at:4.0f} s] {text}", file=sys.stderr, flush=True)

    report = Report()
    environment = machine()
    cut_short = ""
    try:
        measure(Sizes.quick() if arguments.quick else Sizes(), report, progress, arguments.only or PARTS)
    except _TimeLimitExceeded as error:
        cut_short = str(error)
    signal.alarm(0)
    report.figures["took_s"] = round(time.monotonic() - started_at)
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
    return 1 if cut_short or report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
