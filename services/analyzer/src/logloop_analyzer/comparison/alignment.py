"""Aligns a run of a test with a green run, line by line, to be shown side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from logloop_analyzer.comparison.attempts import AttemptLine
from logloop_analyzer.comparison.difference import Difference
from logloop_analyzer.evidence.work_units import Event

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


def align(run: Sequence[AttemptLine], green: Sequence[AttemptLine], difference: Difference) -> list[Row]:
    """Return the lines of both runs in rows, in time order of each."""
    matcher = SequenceMatcher(None, [_key(line) for line in green], [_key(line) for line in run], autojunk=False)
    rows: list[Row] = []
    for _, start, end, run_start, run_end in matcher.get_opcodes():
        rows += _rows(green[start:end], run[run_start:run_end], difference)
    return rows


def _key(line: AttemptLine) -> object:
    return line.report or line.event


def _rows(green: Sequence[AttemptLine], run: Sequence[AttemptLine], difference: Difference) -> Iterator[Row]:
    if [_key(line) for line in green] == [_key(line) for line in run]:
        for a, b in zip(green, run, strict=True):
            yield Row("report" if b.report else "value" if b.event in difference.values else "same", a, b)
        return
    for line in green:
        yield Row(_mark(line, "missing", difference.missing), line, None)
    for line in run:
        yield Row(_mark(line, "new", difference.new), None, line)


def _mark(line: AttemptLine, mark: Mark, events: frozenset[Event]) -> Mark:
    if line.report:
        return "report"
    return mark if line.event in events else "varies"
