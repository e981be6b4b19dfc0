"""Writes the broken and slow steps of services as findings."""

from collections.abc import Iterable, Sequence

from logloop_chassis.text.sanitise import sanitise

from logloop_analyzer.evidence.causes import STRONG, BrokenCause, ServiceCause, SlowCause
from logloop_analyzer.evidence.findings import Candidate
from logloop_analyzer.evidence.log_window import LogLine, LogWindow
from logloop_analyzer.evidence.steps.broken_steps import END

_MIN_SCORE = 0.5
_SECOND = 0.5
"""What a service's second finding counts, compared with its first."""
_MAX_QUOTE = 90
_UNITS = {"traces": "traces", "bursts": "bursts of lines"}


def step_candidates(causes: Sequence[ServiceCause], window: LogWindow, baseline: LogWindow) -> list[Candidate]:
    """Return the findings about services, without the smallest changes."""
    shown = [cause for cause in causes if cause.score >= _MIN_SCORE]
    return [candidate for cause in shown for candidate in _of_service(cause, window, baseline)]


def _of_service(cause: ServiceCause, window: LogWindow, baseline: LogWindow) -> Iterable[Candidate]:
    """Yield what contributes most to a service's score and, if that is strong, the other kind of step too."""
    slow_first = cause.slow_score > cause.broken_score
    second = cause.score * _SECOND if cause.score >= STRONG else 0.0
    if cause.broken is not None and (score := second if slow_first else cause.score):
        yield _broken(cause.service_id, score, cause.broken, window, baseline)
    if cause.slow is not None and (score := cause.score if slow_first else second):
        yield _slow(cause.service_id, score, cause.slow, window)


def _broken(service: str, score: float, cause: BrokenCause, window: LogWindow, baseline: LogWindow) -> Candidate:
    step, shown = cause.step, cause.shown
    lines, usual = window.lines(shown.rows), baseline.lines(shown.baseline_rows)
    first, follower = step.step
    if first < END:
        now, before = _quote(lines[-1]), _quote(usual[-1])
        if now == before:  # the same text with another severity
            now, before = f"{lines[-1].severity} {now}", f"{usual[-1].severity} {before}"
        change, expected = f"begins with {now}", f"before it began with {before}"
    elif follower == END:
        change, expected = f"nothing follows {_quote(lines[0])}", f"expected {_quote(usual[-1])}"
    else:
        change = f"{_quote(lines[0])} is followed by {_quote(lines[-1])}"
        expected = "expected nothing more" if step.expected == END else f"expected {_quote(usual[-1])}"
    shares = (
        f"in {step.count} of {step.total} {_UNITS[cause.counted]}, "
        f"{step.baseline_count} of {step.baseline_total} before"
    )
    return Candidate(
        kind="broken_step",
        title=f"{service}: {change} {shares}; {expected}",
        surprise=score,
        strong=score >= STRONG,
        severity=lines[-1].severity,
        onset_us=lines[-1].timestamp_us,
        rows=shown.rows,
        baseline_rows=shown.baseline_rows,
        service_id=service,
        count=step.count,
        baseline_count=step.baseline_count,
    )


def _slow(service: str, score: float, cause: SlowCause, window: LogWindow) -> Candidate:
    step = cause.step
    first, second = window.lines(cause.shown.rows)
    names = [
        f"{_quote(line)} of {line.service_id}" if first.service_id != second.service_id else _quote(line)
        for line in (first, second)
    ]
    return Candidate(
        kind="slow_step",
        title=f"{service}: from {names[0]} to {names[1]} takes {_duration(step.gap[0])}, "
        f"{_duration(step.baseline_gap[0])} before "
        f"(medians of {step.count} and {step.baseline_count})",
        surprise=score,
        strong=score >= STRONG,
        severity=second.severity,
        onset_us=window.lines([cause.first_row])[0].timestamp_us,
        rows=cause.shown.rows,
        baseline_rows=cause.shown.baseline_rows,
        service_id=service,
        count=step.count,
        baseline_count=step.baseline_count,
    )


def _quote(line: LogLine) -> str:
    """Return the beginning of a line's pattern. It ends with a whole word: half a secret is not recognised."""
    first, *rest = sanitise(line.pattern).strip().split("\n", 1)
    if len(first) > _MAX_QUOTE:
        first, *rest = first[: first.rfind(" ", 0, _MAX_QUOTE) + 1].rstrip(), ""
    return f"'{first} …'" if rest else f"'{first}'"


def _duration(microseconds: int) -> str:
    if microseconds >= 10_000_000:
        return f"{microseconds / 1_000_000:.1f} s"
    return f"{microseconds / 1_000:.0f} ms" if microseconds >= 10_000 else f"{microseconds / 1_000:.1f} ms"
