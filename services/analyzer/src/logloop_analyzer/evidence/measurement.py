"""Turns two tables of logs into ranked findings with the lines that show them; the same logs give the same result."""

from dataclasses import dataclass

import pyarrow as pa
from logloop_contracts.analyses import Finding
from logloop_contracts.patterns.edits import NO_EDITS, PatternEdits

from logloop_analyzer.evidence.causes import find_causes, first_failing
from logloop_analyzer.evidence.findings import Candidate, candidates
from logloop_analyzer.evidence.log_window import LogLine, LogWindow, read_windows
from logloop_analyzer.evidence.questions import lines_about
from logloop_analyzer.evidence.ranking import rank
from logloop_analyzer.evidence.signals import compare, find_signals
from logloop_analyzer.evidence.steps.step_findings import step_candidates
from logloop_analyzer.evidence.traces import FirstInTrace, first_in_traces

MAX_FINDINGS = 12


@dataclass(frozen=True, slots=True)
class RankedFinding:
    """A finding with its lines in the order of its evidence ids."""

    finding: Finding
    lines: tuple[LogLine, ...]
    strong: bool
    surprise: float
    severity: str
    earliest: bool
    """Whether no other strong finding began earlier."""
    first_in_traces: float
    """Share of failing traces in which this change comes first, 0 to 1."""
    failing_traces: int


@dataclass(frozen=True, slots=True)
class ServiceScore:
    """How likely the broken and slow steps of a service hold the cause."""

    service_id: str
    score: float


@dataclass(frozen=True)
class Evidence:
    """What was measured. `findings` are in order of rank, `logs` and `baseline_logs` count rows."""

    findings: tuple[RankedFinding, ...]
    context: tuple[LogLine, ...]
    """Lines around the onset of the first finding, in time order."""
    asked_about: tuple[LogLine, ...]
    """Lines that share words with the question, in time order."""
    suspicious_ids: frozenset[str]
    logs: int
    baseline_logs: int
    comparable: bool
    """False if the baseline holds too few logs to compare with."""
    services: tuple[ServiceScore, ...] = ()
    """The services whose steps changed, highest score first."""


def measure(
    window: pa.Table, baseline: pa.Table, question: str | None = None, edits: PatternEdits = NO_EDITS
) -> Evidence:
    """Return what changed from `baseline` to `window`, both with EXPORT_SCHEMA and rows in any order.

    `edits` are what people decided about the templates of the project.
    Lines that share words with the question are added in `asked_about`. They do not affect the findings.
    """
    now, before = read_windows(window, baseline, edits)
    if not len(now):
        return Evidence((), (), (), frozenset(), 0, len(before), comparable=False)
    comparison = compare(now, before)
    signals = find_signals(comparison)
    first = first_in_traces(now, signals)
    causes = first_failing(find_causes(now, before), first) if comparison.comparable else []
    ranked = rank([*step_candidates(causes, now, before), *candidates(comparison, signals, first)], first)
    chosen = _chosen(ranked)
    strong = [item.onset_us for _, item in ranked if item.strong and item.kind != "service_split"]
    earliest = min(strong, default=None)
    findings = tuple(_ranked(score, item, now, before, first, earliest) for score, item in chosen)
    return Evidence(
        findings,
        tuple(_context(now, chosen)),
        tuple(lines_about(now, question)) if question else (),
        frozenset(line.id for line in now.lines(now.suspicious.to_pylist()[:1000])),
        len(now),
        len(before),
        comparison.comparable,
        tuple(ServiceScore(cause.service_id, cause.score) for cause in causes),
    )


def _chosen(ranked: list[tuple[float, Candidate]]) -> list[tuple[float, Candidate]]:
    """Return the best findings, and findings of suspicious text in any case."""
    best = [item for item in ranked if item[1].kind != "suspicious_text"][:MAX_FINDINGS]
    return [*best, *(item for item in ranked if item[1].kind == "suspicious_text")]


def _ranked(
    score: float, item: Candidate, now: LogWindow, before: LogWindow, first: FirstInTrace, earliest: int | None
) -> RankedFinding:
    lines = (*(now if item.in_window else before).lines(item.rows), *before.lines(item.baseline_rows))
    finding = Finding(
        kind=item.kind,
        title=item.title,
        score=score,
        service_id=item.service_id,
        test_id=item.test_id,
        pattern=item.pattern,
        count=item.count,
        baseline_count=item.baseline_count,
        first_seen=item.first_seen,
        evidence=[line.id for line in lines],
    )
    share = first.share(item.key) if item.key is not None else 0.0
    return RankedFinding(
        finding, lines, item.strong, item.surprise, item.severity, item.onset_us == earliest, share, first.traces
    )


def _context(now: LogWindow, chosen: list[tuple[float, Candidate]]) -> list[LogLine]:
    """Return the trace of the top finding's first line, or its neighbours in time if it has no trace."""
    top = next((item for _, item in chosen if item.in_window and item.rows), None)
    if top is None or top.kind == "suspicious_text":
        return []
    row = top.rows[0]
    around = range(max(0, row - 300), min(len(now), row + 300))
    trace = now.traces_of(pa.array([row]))[0]
    if trace is not None:
        traces = now.traces_of(pa.array(around))
        same = [at for at, name in zip(around, traces, strict=True) if name == trace]
        return now.lines(same[:15])
    return now.lines(range(max(0, row - 8), min(len(now), row + 5)))
