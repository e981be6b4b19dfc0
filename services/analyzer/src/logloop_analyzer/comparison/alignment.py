"""Aligns a run of a test with a green run, line by line, to be shown side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import LCSseq

from logloop_analyzer.comparison.attempts import AttemptLine
from logloop_analyzer.comparison.difference import Difference
from logloop_analyzer.evidence.steps.work_units import Event

Lines = Sequence[AttemptLine]
Mark = Literal["same", "value", "new", "missing", "varies", "report"]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the green run beside the one of the run that is compared; one of them may be null.

    mark: `same`; `value`: another text than in every green run; `new`: in no green run; `missing`: in every green
    run, and not in this one; `varies`: also differs among the green runs; `report`: written by the test runner.
    """

    mark: Mark
    green: AttemptLine | None
    run: AttemptLine | None


def align(run: Lines, green: Lines, difference: Difference) -> list[Row]:
    """Return the lines of both runs in rows, in time order of each; as many as possible are side by side."""
    numbers: dict[object, int] = {}
    keys = [[numbers.setdefault(line.report or line.event, len(numbers)) for line in lines] for lines in (green, run)]
    rows: list[Row] = []
    green_only: list[AttemptLine] = []
    run_only: list[AttemptLine] = []
    for step in LCSseq.opcodes(*keys):
        greens, runs = green[step.src_start : step.src_end], run[step.dest_start : step.dest_end]
        if step.tag != "equal":
            green_only += greens
            run_only += runs
            continue
        rows += _unpaired(green_only, run_only, difference)
        green_only, run_only = [], []
        rows += _pairs(greens, runs, difference)
    return rows + _unpaired(green_only, run_only, difference)


def _pairs(green: Lines, run: Lines, difference: Difference) -> list[Row]:
    return [
        Row("report" if b.report else "value" if b.event in difference.values else "same", a, b)
        for a, b in zip(green, run, strict=True)
    ]


def _unpaired(green: Lines, run: Lines, difference: Difference) -> list[Row]:
    return [
        *(Row(_mark(line, "missing", difference.missing), line, None) for line in green),
        *(Row(_mark(line, "new", difference.new), None, line) for line in run),
    ]


def _mark(line: AttemptLine, mark: Mark, events: frozenset[Event]) -> Mark:
    if line.report:
        return "report"
    return mark if line.event in events else "varies"
