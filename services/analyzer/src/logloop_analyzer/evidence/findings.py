"""Turns measured changes into findings: a title for people and the rows that show it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
from logloop_chassis.text.sanitise import sanitise, shorten
from logloop_contracts.analyses import FindingKind

from logloop_analyzer.evidence import statistics
from logloop_analyzer.evidence.log_window import GroupKey, LogWindow, from_us
from logloop_analyzer.evidence.signals import ALARMING, WHOLE_SERVICE, Comparison, Signal
from logloop_analyzer.evidence.traces import FirstInTrace

_MAX_ROWS = 5
_MAX_TESTS = 5
_RATE_P = 0.001
_MIN_TRACES = 2
_CHANGES: dict[str, FindingKind] = {"new": "new_pattern", "burst": "burst", "vanished": "vanished_pattern"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A finding without a score. `rows` are row numbers of the window, or of the baseline if `in_window` is False."""

    kind: FindingKind
    title: str
    surprise: float
    """Standard deviations of the change or, for a step, the score of its service."""
    strong: bool
    severity: str
    onset_us: int
    rows: tuple[int, ...]
    baseline_rows: tuple[int, ...] = ()
    """Rows of the baseline that show what was usual."""
    in_window: bool = True
    service_id: str | None = None
    test_id: str | None = None
    pattern: str | None = None
    count: int = 0
    baseline_count: int = 0
    key: GroupKey | None = None
    regular: bool = False
    whole_service: bool = False

    @property
    def first_seen(self) -> datetime:
        """Return the onset in UTC."""
        return from_us(self.onset_us)


def candidates(comparison: Comparison, signals: Sequence[Signal], first: FirstInTrace) -> list[Candidate]:
    """Return every finding of the window, in no particular order."""
    return [
        *(_from_signal(comparison, signal) for signal in signals),
        *_first_errors(signals, first),
        *_error_rates(comparison),
        *_tests(comparison),
        *_services(signals),
        *_suspicious(comparison),
    ]


def _from_signal(comparison: Comparison, signal: Signal) -> Candidate:
    window = comparison.window if signal.in_window else comparison.baseline
    rows = window.groups[signal.key] if signal.key in window.groups else pa.array([signal.onset_row], pa.int64())
    whole = signal.key.template == WHOLE_SERVICE
    return Candidate(
        kind=_CHANGES[signal.change],
        title=_title(signal, compared=comparison.comparable),
        surprise=signal.surprise,
        strong=signal.strong,
        severity=signal.key.severity,
        onset_us=signal.onset_us,
        rows=(signal.onset_row,) if signal.change == "vanished" else _sample(rows.to_pylist(), signal.onset_row),
        in_window=signal.in_window,
        service_id=signal.key.service_id,
        pattern=None if whole else signal.key.template,
        count=signal.count,
        baseline_count=signal.baseline_count,
        key=signal.key,
        regular=signal.regular,
        whole_service=whole,
    )


def _title(signal: Signal, *, compared: bool) -> str:
    at = from_us(signal.onset_us).strftime("%H:%M:%S")
    service, text = signal.key.service_id, shorten(sanitise(signal.key.template), 160)
    if signal.change == "vanished":
        what = "every line" if signal.key.template == WHOLE_SERVICE else f"'{text}'"
        return f"{service}: {what} stopped after {at} UTC ({signal.baseline_count} entries before)"
    if signal.change == "burst":
        return (
            f"{service}: {signal.key.severity} '{text}' rose from {signal.baseline_count} to {signal.count} entries,"
            f" starting at {at} UTC"
        )
    verb = "is new" if compared else "occurs"
    entries = "entry" if signal.count == 1 else "entries"
    return f"{service}: {signal.key.severity} '{text}' {verb}, {signal.count} {entries} since {at} UTC"


def _sample(rows: Sequence[int], onset: int) -> tuple[int, ...]:
    """Return the row at the onset, the next two, one halfway and the last."""
    start = rows.index(onset)
    picked = [start, start + 1, start + 2, (start + len(rows) - 1) // 2, len(rows) - 1]
    return tuple(rows[at] for at in dict.fromkeys(picked) if at < len(rows))[:_MAX_ROWS]


def _first_errors(signals: Sequence[Signal], first: FirstInTrace) -> Iterable[Candidate]:
    if first.traces < _MIN_TRACES:
        return
    by_key = {signal.key: signal for signal in signals}
    for key, count in sorted(first.counts.items(), key=lambda item: (-item[1], item[0]))[:2]:
        signal = by_key[key]
        if count < _MIN_TRACES:
            continue
        yield Candidate(
            kind="first_error",
            title=f"{key.service_id}: '{shorten(sanitise(key.template), 120)}' comes first in {count} of "
            f"{first.traces} failing traces",
            surprise=signal.surprise,
            strong=signal.strong,
            severity=key.severity,
            onset_us=signal.onset_us,
            rows=tuple(first.rows[key][:_MAX_ROWS]),
            service_id=key.service_id,
            pattern=key.template,
            count=count,
            key=key,
        )


def _error_rows(window: LogWindow) -> Mapping[str, list[int]]:
    """Return the rows of errors by service, in ascending order."""
    rows: dict[str, list[int]] = {}
    for key, found in window.groups.items():
        if key.severity == "error":
            rows.setdefault(key.service_id, []).extend(found.to_pylist())
    return {service: sorted(found) for service, found in rows.items()}


def _error_rates(comparison: Comparison) -> Iterable[Candidate]:
    if not comparison.comparable:
        return
    now, before = _error_rows(comparison.window), _error_rows(comparison.baseline)
    for service, rows in sorted(now.items()):
        base = len(before.get(service, []))
        g = statistics.g_test(len(rows), base, comparison.scale)
        expected = statistics.expected_count(base, comparison.scale)
        if statistics.p_value(g) > _RATE_P or len(rows) < 3 * expected or len(rows) - expected < 5:
            continue
        occasions = (
            comparison.window.occasions(pa.array(rows)),
            comparison.baseline.occasions(pa.array(before.get(service, []), pa.int64())),
        )
        times = comparison.window.times.take(pa.array(rows)).to_pylist()
        at = statistics.change_point(times, comparison.start_us, comparison.end_us) if base else 0
        yield Candidate(
            kind="error_rate",
            title=f"{service}: {len(rows)} errors, {base} before",
            surprise=statistics.surprise(statistics.g_test(*occasions, comparison.scale)),
            strong=True,
            severity="error",
            onset_us=times[at],
            rows=_sample(rows, rows[at]),
            service_id=service,
            count=len(rows),
            baseline_count=base,
        )


def _tests(comparison: Comparison) -> Iterable[Candidate]:
    """Yield tests that log errors in the window but not in the baseline."""
    now = _errors_by_test(comparison.window)
    before = _errors_by_test(comparison.baseline) if len(comparison.baseline) else {}
    failing = sorted((test for test in now if test not in before), key=lambda test: (-len(now[test]), test))
    for test in failing[:_MAX_TESTS]:
        rows = now[test]
        line = comparison.window.lines(rows[:1])[0]
        yield Candidate(
            kind="test_split",
            title=f"test {shorten(sanitise(test), 160)} logs {len(rows)} {'error' if len(rows) == 1 else 'errors'}, "
            + ("none before" if comparison.comparable else f"the first from {line.service_id}"),
            surprise=statistics.surprise(statistics.g_test(len(rows), 0, comparison.scale)),
            strong=len(rows) >= 3 or not comparison.comparable,
            severity="error",
            onset_us=line.timestamp_us,
            rows=_sample(rows, rows[0]),
            service_id=line.service_id,
            test_id=test,
            count=len(rows),
        )


def _errors_by_test(window: LogWindow) -> dict[str, list[int]]:
    rows = sorted(row for found in _error_rows(window).values() for row in found)
    tests = window.table["test_id"].take(pa.array(rows, pa.int64())).cast(pa.utf8()).to_pylist()
    found: dict[str, list[int]] = {}
    for row, test in zip(rows, tests, strict=True):
        if test is not None:
            found.setdefault(test, []).append(row)
    return found


def _services(signals: Sequence[Signal]) -> Iterable[Candidate]:
    """Yield how new and rising errors are distributed over services, if several services have them."""
    rising = [s for s in signals if s.change != "vanished" and s.strong and s.key.severity == "error"]
    counts: Counter[str] = Counter()
    for signal in rising:
        counts[signal.key.service_id] += signal.count
    total = counts.total()
    if len(counts) < 2 or total < 5:
        return
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shares = ", ".join(f"{service} {count * 100 // total} %" for service, count in order[:5])
    service = order[0][0]
    earliest = min((s for s in rising if s.key.service_id == service), key=lambda s: (s.onset_us, s.key))
    yield Candidate(
        kind="service_split",
        title=f"{total} new or rising errors by service: {shares}",
        surprise=earliest.surprise,
        strong=False,
        severity="error",
        onset_us=earliest.onset_us,
        rows=(earliest.onset_row,),
        service_id=service,
        count=total,
    )


def _suspicious(comparison: Comparison) -> Iterable[Candidate]:
    rows = comparison.window.suspicious.to_pylist()
    if not rows:
        return
    severe = pc.is_in(
        comparison.window.table["severity"].take(comparison.window.suspicious).cast(pa.utf8()),
        pa.array(sorted(ALARMING)),
    )
    alarming = pc.sum(severe).as_py() or 0
    first = comparison.window.lines(rows[:1])[0]
    note = f"; {alarming} of them are warnings or errors and may hide a real problem" if alarming else ""
    lines = "line looks" if len(rows) == 1 else "lines look"
    yield Candidate(
        kind="suspicious_text",
        title=f"{len(rows)} {lines} like instructions to a language model; excluded from the statistics{note}",
        surprise=0.0,
        strong=False,
        severity="warn",
        onset_us=first.timestamp_us,
        rows=tuple(rows[:_MAX_ROWS]),
        service_id=first.service_id,
        count=len(rows),
        baseline_count=len(comparison.baseline.suspicious),
    )
