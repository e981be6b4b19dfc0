"""Makes log entries of results: the same that the pytest plugin sends for a run of tests."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from logloop.results.model import FAILING, Result, Results
from logloop.sending.batch_sender import Entry
from logloop.sending.repair import fit

DEFAULT_SERVICE = "tests"
MAX_REASON = 4_000
MAX_STACK = 100_000
MAX_OUTPUT = 50_000
_SEVERITIES = {"failed": "error", "error": "error", "xpassed": "warn"}


@dataclass(frozen=True, slots=True)
class ImportedRun:
    """The run that results belong to.

    `at` dates what has no time of its own: the end of the run if its `started_at` is known, else about that.
    `facts` are attributes of its start.
    """

    run_id: str
    at: datetime
    command: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    started_at: datetime | None = None


def run_id_of(contents: Iterable[bytes]) -> str:
    """Return an id for a run from the content of its files, in any order: the same files are the same run."""
    digests = sorted(hashlib.sha256(content).hexdigest() for content in contents)
    return "import-" + hashlib.sha256("".join(digests).encode()).hexdigest()[:12]


def entries_of(files: Sequence[Results], run: ImportedRun) -> Iterator[Entry]:
    """Yield the entries of a run: its start, the outcome and output of each test, its output and its end.

    A test with the same id in several files counts as tried again.
    """
    times = [at for file in files for at in (file.started_at, *(item.ended_at for item in file.results)) if at]
    if run.started_at is not None:
        times += [run.started_at, run.at]
    first, last = min(times, default=run.at), max(times, default=run.at)
    source = files[0].format if files else "junit"
    started = {"test.event": "run-started", "test.command": run.command[:500], **run.facts}
    yield _entry(run, source, "test run started", "info", first, started)
    attempts: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for file in files:
        for result in file.results:
            attempts[result.test_id] += 1
            counts[result.outcome] += 1
            yield from _outcome(run, file.format, result, attempts[result.test_id], last)
        for stream, text in file.output:
            yield from _output(run, file.format, stream, text, None, last)
    duration_s = round((last - first).total_seconds(), 3)
    found = ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items())) or "no tests"
    ended = {"test.event": "run-finished", "test.counts": dict(counts), "test.duration_s": duration_s}
    severity = "warn" if any(item.fails for file in files for item in file.results) else "info"
    yield _entry(run, source, f"test run finished: {found} in {duration_s:.1f} s", severity, last, ended)


def _outcome(run: ImportedRun, source: str, result: Result, attempt: int, last: datetime) -> Iterator[Entry]:
    # The database orders outcomes by milliseconds.
    at = (result.ended_at or last) + timedelta(milliseconds=attempt - 1)
    reason = result.reason.strip()[:MAX_REASON]
    attributes: dict[str, Any] = {
        "test.event": "finished",
        "test.outcome": result.outcome,
        "test.attempt": attempt,
        "test.duration_s": result.duration_s,
        "test.retried": True if result.retried else None,
    }
    if result.outcome in {*FAILING, "xfailed"}:
        attributes |= {
            "exception.type": result.kind,
            "exception.message": reason or None,
            "exception.stacktrace": result.stacktrace[-MAX_STACK:] if result.stacktrace else None,
        }
    took = "" if result.duration_s is None else f" ({result.duration_s:.3f} s)"
    message = f"test {result.outcome}: {result.test_id}{took}" + (f"\n{reason}" if reason else "")
    severity = _SEVERITIES.get(result.outcome, "info")
    yield _entry(run, source, message, severity, at, attributes, result.test_id)
    for stream, text in result.output:
        yield from _output(run, source, stream, text, result.test_id, at)


def _output(
    run: ImportedRun, source: str, stream: str, text: str, test_id: str | None, at: datetime
) -> Iterator[Entry]:
    if text.strip():
        message = f"captured {stream}:\n{text[-MAX_OUTPUT:]}"
        yield _entry(run, source, message, "info", at, {"test.event": stream}, test_id)


def _entry(
    run: ImportedRun,
    source: str,
    message: str,
    severity: str,
    at: datetime,
    attributes: Mapping[str, Any],
    test_id: str | None = None,
) -> Entry:
    own = {"test.run_id": run.run_id, "test.imported": True}
    own |= {name: value for name, value in attributes.items() if value is not None}
    entry: Entry = {"message": fit(message, own), "severity": severity, "timestamp": at, "source": source}
    if test_id is not None:
        entry["test_id"] = test_id
    return {**entry, "attributes": own}
