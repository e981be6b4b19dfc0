"""Measure each target of the design against one document per log: `python -m benchmarks [--quick] [--json]`."""

import sys
from collections.abc import Collection

from benchmarks.command import Progress, arguments_of, run
from benchmarks.report import Report
from benchmarks.rows import PARTS, measure
from benchmarks.sizes import Sizes

_LIMIT_S = 14 * 60


def _measure(quick: bool, report: Report, progress: Progress, parts: Collection[str]) -> None:
    measure(Sizes.quick() if quick else Sizes(), report, progress, parts)


def main() -> int:
    """Run the benchmark and return the exit code."""
    return run(arguments_of("make bench", __doc__, PARTS), PARTS, _LIMIT_S, _measure)


if __name__ == "__main__":
    sys.exit(main())
