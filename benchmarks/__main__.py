"""Measure each bar of the design against one document a log: `python -m benchmarks [--quick] [--json]`.

It must not decide how anything is measured; the modules beside it do.
"""

import argparse
import json
import signal
import sys
import time
from types import FrameType

from benchmarks.report import Report, machine
from benchmarks.rows import PARTS, Sizes, measure

_LIMIT_S = 14 * 60


class _TooLong(BaseException):
    """The run is ended, whichever part it is in; what was measured until then is printed."""


def _stop(_: int, __: FrameType | None) -> None:
    raise _TooLong(f"the run was ended after {_LIMIT_S} s; try --quick, or --only with one part")


def main() -> int:
    """Run, print the table, and with --json one JSON object as the last line."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the logs, to see that it works")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part; may be repeated")
    arguments = parser.parse_args()
    signal.signal(signal.SIGALRM, _stop)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.alarm(_LIMIT_S)
    begin = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - begin:4.0f} s] {text}", file=sys.stderr, flush=True)

    report = Report()
    about = machine()
    cut_short = ""
    try:
        measure(Sizes.quick() if arguments.quick else Sizes(), report, say, arguments.only or PARTS)
    except _TooLong as error:
        cut_short = str(error)
    signal.alarm(0)
    report.figures["took_s"] = round(time.monotonic() - begin)
    print(report.text())
    print()
    for name, value in about.items():
        print(f"{name:12} {value}")
    if arguments.quick:
        print("This was --quick: a hundredth of the logs. The figures say that it works, not how fast.")
    if cut_short:
        print(cut_short)
    if report.failed:
        print(f"failed: {', '.join(report.failed)}; the errors are above the table")
    if arguments.json:
        print(json.dumps({**report.figures, "failed": report.failed, "quick": arguments.quick, "machine": about}))
    return 1 if cut_short or report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
