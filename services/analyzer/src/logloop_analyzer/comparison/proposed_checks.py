"""Proposes checks on the logs of a test that fail on its failed run and pass on its green ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from logloop_contracts.log_checks import Check, CheckedLine, Follows, Never, violations

from logloop_analyzer.comparison.attempts import AttemptLine
from logloop_analyzer.comparison.difference import Deviation, Difference
from logloop_analyzer.evidence import ALARMING

_MAX_CHECKS = 4
Lines = Sequence[AttemptLine]


@dataclass(frozen=True, slots=True)
class ProposedChecks:
    """Checks, and what they find in the failed run. Without checks, `reason` says why none is offered."""

    checks: Sequence[Check]
    violations: Sequence[str]
    reason: str | None = None


def propose_checks(run: Lines, greens: Sequence[Lines], difference: Difference) -> ProposedChecks:
    """Return the checks that the failed run violates and every green run passes."""
    failed, passed = _checked(run), [_checked(lines) for lines in greens]
    chosen: list[Check] = []
    for check in _candidates(difference):
        useful = check.violation(failed) is not None
        if useful and not any(violations([check], lines) for lines in passed) and check not in chosen:
            chosen.append(check)
        if len(chosen) == _MAX_CHECKS:
            break
    if chosen:
        return ProposedChecks(chosen, violations(chosen, failed))
    if difference.first is None:
        return ProposedChecks([], [], "the logs of the failed run do not differ from those of the green runs")
    return ProposedChecks([], [], "no check both fails on the failed run and passes on every green run")


def _checked(lines: Lines) -> list[CheckedLine]:
    return [
        CheckedLine(line.log.service_id, line.log.severity, line.log.message) for line in lines if line.report is None
    ]


def _candidates(difference: Difference) -> Iterator[Check]:
    """Yield the checks of the first broken step, then those of other lines that are new or missing."""
    first = [difference.first] if difference.first is not None else []
    for step in (*first, *difference.deviations):
        yield from _checks_of(step, alarming_only=step is not difference.first)


def _checks_of(step: Deviation, *, alarming_only: bool) -> Iterator[Check]:
    if step.kind in ("new", "value") and step.instead is not None:
        line = step.instead
        template = line.template if step.kind == "new" else line.log.message
        if not alarming_only or line.log.severity in ALARMING:
            yield Never(step.service_id, line.log.severity, template)
    if step.kind != "value" and step.expected is not None and not alarming_only:
        after = step.after.template if step.after is not None else None
        yield Follows(step.service_id, after, step.expected.template)
