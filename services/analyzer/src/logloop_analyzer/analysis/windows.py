"""Reads the logs of a time range and of the range before it, and measures what changed."""

import asyncio
import time
from dataclasses import dataclass, replace
from typing import Any

from logloop_chassis.text.redaction import RedactionLevel, Redactor, safe_text

from logloop_analyzer.analysis.baselines import WORDS, choose_baseline
from logloop_analyzer.analysis.report import LogCoverage
from logloop_analyzer.evidence import Evidence, measure
from logloop_analyzer.query_api.interface import LogSample, LogSelection, QueryApi
from logloop_analyzer.telemetry import ANALYSIS_SECONDS, LOGS_READ


@dataclass(frozen=True)
class AnalysisLimits:
    """Limits of one analysis: its duration in seconds, and logs and bytes per window."""

    deadline_s: float = 240.0
    max_logs: int = 200_000
    max_bytes: int = 128 * 2**20
    redaction: RedactionLevel = "standard"


@dataclass(frozen=True)
class Measurement:
    """What was measured, and how much of the logs it covers."""

    evidence: Evidence
    coverage: LogCoverage


async def measure_window(
    query: QueryApi, selection: LogSelection, limits: AnalysisLimits, question: str | None
) -> Measurement:
    """Compare the logs of a selection with those of its baseline, of the same length. Raises AnalysisError."""
    started = time.monotonic()
    chosen = await choose_baseline(query, selection)
    earlier = replace(selection, since=chosen.since, until=chosen.until)
    edits = await query.pattern_edits(selection.project_id)
    window = await query.read_logs(selection, max_logs=limits.max_logs, max_bytes=limits.max_bytes)
    baseline = await query.read_logs(earlier, max_logs=limits.max_logs, max_bytes=limits.max_bytes)
    LOGS_READ.labels("window").inc(window.table.num_rows)
    LOGS_READ.labels("baseline").inc(baseline.table.num_rows)
    ANALYSIS_SECONDS.labels("reading").observe(time.monotonic() - started)
    started = time.monotonic()
    evidence = await asyncio.to_thread(measure, window.table, baseline.table, question, edits)
    ANALYSIS_SECONDS.labels("evidence").observe(time.monotonic() - started)
    left_out = _left_out(window, baseline)
    return Measurement(evidence, LogCoverage(evidence.logs, evidence.baseline_logs, chosen, left_out))


def window_facts(selection: LogSelection, coverage: LogCoverage, redactor: Redactor) -> dict[str, Any]:
    """Return what a prompt says about the window."""
    facts: dict[str, Any] = {
        "search": safe_text(selection.q, redactor, 1000),
        "since": selection.since.isoformat(),
        "until": selection.until.isoformat(),
        "logs": coverage.logs,
        "compared_with": WORDS[coverage.baseline.kind],
        "logs_compared_with": coverage.baseline_logs,
    }
    return {**facts, "not_read": coverage.left_out} if coverage.left_out else facts


def _left_out(window: LogSample, baseline: LogSample) -> str | None:
    parts = []
    for name, sample in (("the window", window), ("the baseline", baseline)):
        if sample.truncated and sample.last is not None:
            until = f"{sample.last:%Y-%m-%d %H:%M:%S} UTC"
            parts.append(f"{name} was read only up to {until} ({sample.table.num_rows} logs)")
    return "; ".join(parts) + "; narrow the window or the search to see the rest" if parts else None
