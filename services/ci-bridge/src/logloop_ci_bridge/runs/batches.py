"""Makes log batches of the lines of a job. Their ids derive from run, attempt and job: repeats are stored once."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from logloop_contracts.log_batch import derived_batch_id, entries_to_batch, log_id
from logloop_contracts.log_entry import LogEntry

from logloop_ci_bridge.github.gateway import Job
from logloop_ci_bridge.runs.job_log import CiLine, ParsedJob
from logloop_ci_bridge.runs.run import Run

SOURCE = "github-actions"
ROWS = 5000
_BEFORE_START = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def output_search(run: Run, *terms: str) -> dict[str, str]:
    """Return the parameters of a search for the output of a run, oldest first. `terms` narrow it."""
    own = [f'source:"{SOURCE}"', f'attributes.ci.run_id:"{run.run_id}"', f'service:"{run.service_id}"']
    params = {"q": " AND ".join([*own, *terms]), "order": "asc"}
    started_at = run.started_at or run.created_at
    if started_at:
        params["since"] = (started_at - _BEFORE_START).isoformat().replace("+00:00", "Z")
    return params


def batches_of(run: Run, job: Job, parsed: ParsedJob) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yield batch ids and batches."""
    for batch_id, lines in _parts(run, job, parsed):
        yield batch_id, entries_to_batch([_entry(run, job, line) for line in lines], batch_id)


def logs_of(run: Run, job: Job, parsed: ParsedJob, start: int, stop: int) -> Iterator[dict[str, Any]]:
    """Yield some lines of a job as the logs that they will be once they are stored, with the same ids."""
    first = 0
    for batch_id, lines in _parts(run, job, parsed):
        for row in range(max(0, start - first), min(len(lines), stop - first)):
            entry = _entry(run, job, lines[row])
            moment = (entry.timestamp - _EPOCH) // timedelta(microseconds=1)
            yield {"id": log_id(batch_id, moment, row), **entry.model_dump(mode="json")}
        first += len(lines)


def _parts(run: Run, job: Job, parsed: ParsedJob) -> Iterator[tuple[str, Sequence[CiLine]]]:
    """Yield ids and lines of batches.

    The end of the job is a separate batch, because annotations may become readable later.
    """
    parts: list[tuple[str, Sequence[CiLine]]] = [
        (str(start // ROWS), parsed.lines[start : start + ROWS]) for start in range(0, len(parsed.lines), ROWS)
    ]
    for part, lines in (*parts, ("end", parsed.ending)):
        key = f"ci-run/{run.repository}/{run.run_id}/{run.attempt}/{job.id}/{part}"
        yield derived_batch_id(run.project_id, key), lines


def _entry(run: Run, job: Job, line: CiLine) -> LogEntry:
    return LogEntry(
        project_id=run.project_id,
        service_id=run.service_id,
        test_id=line.test_id,
        func_id=line.func_id,
        message=line.message,
        severity=line.severity,
        timestamp=line.timestamp,
        source=SOURCE,
        attributes=_attributes(run, job, line),
    )


def _attributes(run: Run, job: Job, line: CiLine) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ci.run_id": run.run_id,
        "ci.attempt": run.attempt,
        "ci.repository": run.repository,
        "ci.workflow": run.workflow or run.name,
        "ci.branch": run.branch,
        "ci.job": job.name,
        "ci.step": line.step,
        "ci.line": line.number or None,
        "ci.correlation_id": run.correlation_id,
        "ci.hop": run.hop,
        "ci.rules": run.rules or None,
        "ci.emulated": run.emulated or None,
        **line.extra,
    }
    return {name: value for name, value in found.items() if value is not None}
