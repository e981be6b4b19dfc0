"""Measure the web app in a real browser, beside an empty page: `python -m benchmarks.web [--quick] [--json]`."""

import json
import os
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass

from benchmarks.command import Progress, arguments_of, run
from benchmarks.report import Report
from benchmarks.web.analysing import add_analysis_row
from benchmarks.web.browser import Session, open_session
from benchmarks.web.filtering import add_filter_rows
from benchmarks.web.loading import add_loading_rows
from benchmarks.web.platform import fill, open_platform
from benchmarks.web.scrolling import add_scrolling_rows
from benchmarks.web.tailing import add_fan_out_row, add_tail_rows
from tests.browser.chromium import find_chromium

PARTS = ("loading", "filter", "analysis", "scrolling", "tail", "fan-out")
_LIMIT_S = 10 * 60
_NO_BROWSER = "no Chromium is installed; `make test` installs one where it may"


@dataclass(frozen=True)
class Sizes:
    """How much is stored, loaded and repeated."""

    logs: int = 1_000_000
    rounds: int = 5
    scrolled: int = 100_000
    tail_s: float = 60.0
    fan_out_s: float = 10.0

    @classmethod
    def quick(cls) -> "Sizes":
        """Return about one hundredth; measurements over time still last some seconds."""
        return cls(logs=10_000, rounds=2, scrolled=2_000, tail_s=6.0, fan_out_s=3.0)


def _measurements(report: Report, session: Session, sizes: Sizes) -> dict[str, Callable[[], None]]:
    return {
        "loading": lambda: add_loading_rows(report, session, sizes.rounds),
        "filter": lambda: add_filter_rows(report, session, sizes.rounds),
        "analysis": lambda: add_analysis_row(report, session, sizes.rounds),
        "scrolling": lambda: add_scrolling_rows(report, session, sizes.scrolled, sizes.rounds),
        "tail": lambda: add_tail_rows(report, session, sizes.tail_s),
        "fan-out": lambda: add_fan_out_row(report, session, sizes.fan_out_s),
    }


def _measure(program: str, quick: bool, report: Report, progress: Progress, parts: Collection[str]) -> None:
    """Measure the requested parts on a platform of their own."""
    sizes = Sizes.quick() if quick else Sizes()
    progress("starting the platform")
    with open_platform(report) as up:
        progress(f"sending {sizes.logs:,} logs")
        fill(up, sizes.logs)
        with open_session(program, up) as session:
            report.figures["browser"] = session.browser.version
            report.add("Chromium", session.browser.version)
            for name, add_rows in _measurements(report, session, sizes).items():
                if name in parts:
                    progress(name)
                    report.figures[f"load_before_{name}"] = round(os.getloadavg()[0], 2)
                    with report.part(name):
                        add_rows()
        progress("stopping the platform")


def main() -> int:
    """Run the measurements, or say why they cannot run."""
    arguments = arguments_of("make bench-web", __doc__, PARTS)
    program = find_chromium()
    if program is None:
        print(f"skipped: {_NO_BROWSER}")
        if arguments.json:
            print(json.dumps({"skipped": _NO_BROWSER}))
        return 0
    return run(arguments, PARTS, _LIMIT_S, lambda *given: _measure(program, *given))


if __name__ == "__main__":
    sys.exit(main())
