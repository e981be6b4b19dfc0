"""Finds reports about test runs in log rows: the outcome of each test, and the start and end of runs.

The pytest plugin and `logloop test import` set `test.*`. ci-bridge sets `ci.*` on the output of a workflow run.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.log_batch import log_id
from logloop_contracts.patterns.masking import mask_text

from logloop_query.outcomes import ATTRIBUTES, STATUSES
from logloop_query.time_bounds import from_microseconds

Source = Literal["pytest", "ci"]
REPORTERS = ("pytest", "junit", "tap", "go", "jest")
"""Sources of the logs about runs: the pytest plugin, and the formats of files that `logloop test import` reads."""
_REPORTERS = pa.array(REPORTERS)
_MARK = r'"(test\.outcome|ci\.test_outcome|test\.event)":'
_MAX_TEXT = 200
_MAX_FAILURE = 500
_MAX_ATTEMPT = 1_000
_MAX_REPORTED = 10**9
_WORST_FIRST = ("error", "failed", "xpassed", "xfailed", "skipped", "passed")


@dataclass(frozen=True, slots=True)
class ReportedOutcome:
    """The outcome of one test in a run. Equal `key`s mean the same outcome."""

    key: str
    test_id: str
    service_id: str
    outcome: str
    at: datetime
    duration_s: float | None
    failure_pattern: str | None
    log_id: str
    attempt: int = 1
    retried: bool = False


@dataclass(slots=True)
class RunReport:
    """What some rows say about a run. `fields` are facts about the whole run, such as its branch."""

    source: Source
    run_id: str
    started_at: datetime
    last_at: datetime
    services: set[str] = field(default_factory=set)
    fields: dict[str, Any] = field(default_factory=dict)
    outcomes: dict[str, ReportedOutcome] = field(default_factory=dict)


# The last attribute that a row has wins.
_FACTS = {
    "branch": ("test.branch", "ci.branch"),
    "commit": ("test.commit", "ci.commit"),
    "environment": ("test.environment",),
    "shard": ("test.shard",),
    "command": ("test.command",),
    "ci_run_id": ("ci.run_id",),
    "ci_repository": ("ci.repository",),
    "ci_workflow": ("ci.workflow",),
}


def run_record_id(project_id: str, source: Source, run_id: str) -> str:
    """Return the id of the record of a run: the same for the same run of a project."""
    return hashlib.sha256(f"{project_id}\0{source}\0{run_id}".encode()).hexdigest()[:32]


def reports_in(tables: Iterable[pa.Table]) -> list[RunReport]:
    """Return a report for each run in tables of log rows. Tables without tests are cheap."""
    found: dict[tuple[str, str], RunReport] = {}
    for table in tables:
        for row in _rows(table):
            _add(row, found)
    return list(found.values())


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    tests = table.column("test_id")
    if tests.null_count == len(tests) and not _may_have_reporter(table.column("source")):
        return
    reported = pc.is_in(_plain(table, "source"), value_set=_REPORTERS)
    about_tests = pc.or_(pc.is_valid(tests), reported)
    if not pc.any(about_tests).as_py():
        return
    candidates = table.filter(about_tests)
    marked = candidates.filter(pc.match_substring_regex(candidates.column("attributes"), _MARK))
    names = ("batch", "row", "test_id", "service_id", "message", "attributes")
    columns: dict[str, list[Any]] = {name: _plain(marked, name).to_pylist() for name in names}
    columns["us"] = marked.column("timestamp").cast(pa.int64()).to_pylist()
    columns["parsed"] = [orjson.loads(text) for text in columns["attributes"]]
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


def _may_have_reporter(sources: Any) -> bool:
    """Return whether a reporter is among the words of a column, which may have more words than its rows."""
    if not pa.types.is_dictionary(sources.type):
        return True
    return any(pc.any(pc.is_in(part.dictionary, value_set=_REPORTERS)).as_py() for part in sources.chunks)


def _plain(table: pa.Table, name: str) -> Any:
    column = table.column(name)
    return column.cast(pa.utf8()) if pa.types.is_dictionary(column.type) else column


def _add(row: Mapping[str, Any], found: dict[tuple[str, str], RunReport]) -> None:
    attributes = row["parsed"]
    identity = _identity(attributes)
    if identity is None:
        return
    source, run_id = identity
    at = from_microseconds(row["us"])
    report = found.get(identity) or found.setdefault(identity, RunReport(source, run_id, at, at))
    report.started_at, report.last_at = min(report.started_at, at), max(report.last_at, at)
    report.services.add(row["service_id"])
    report.fields |= {
        name: text for name, keys in _FACTS.items() for key in keys if (text := _text(attributes.get(key)))
    }
    attempt = attributes.get("ci.attempt")
    if isinstance(attempt, int):
        report.fields["ci_attempt"] = attempt
    if attributes.get("test.event") == "run-finished":
        report.fields |= {"finished_at": at, "duration_s": _seconds(attributes), "reported": _total(attributes)}
    outcome = _outcome(row, source)
    if outcome is not None:
        known = report.outcomes.get(outcome.key)
        if known is None or _WORST_FIRST.index(outcome.outcome) < _WORST_FIRST.index(known.outcome):
            report.outcomes[outcome.key] = outcome


def _identity(attributes: Mapping[str, Any]) -> tuple[Source, str] | None:
    """Return where the run was reported and its id there; the output of a workflow run is one run."""
    given = _text(attributes.get("test.run_id"))
    if given is not None:
        return "pytest", given
    repository, number = _text(attributes.get("ci.repository")), _text(attributes.get("ci.run_id"))
    if repository is None or number is None or "ci.test_outcome" not in attributes:
        return None
    return "ci", f"{repository}/{number}/{attributes.get('ci.attempt', 1)}"[:_MAX_TEXT]


def _outcome(row: Mapping[str, Any], source: Source) -> ReportedOutcome | None:
    attributes = row["parsed"]
    status = next((attributes[name] for name in ATTRIBUTES if name in attributes), None)
    test_id = row["test_id"] or _uncollected(row)
    if test_id is None or not isinstance(status, str) or status not in STATUSES:
        return None
    number = log_id(row["batch"], row["us"], row["row"])
    return ReportedOutcome(
        _key(attributes, source, row["service_id"], test_id, number),
        test_id,
        row["service_id"],
        status,
        from_microseconds(row["us"]),
        _seconds(attributes),
        _failure_pattern(attributes, row["message"]) if status in {"failed", "error"} else None,
        number,
        _attempt(attributes),
        attributes.get("test.retried") is True,
    )


def _key(attributes: Mapping[str, Any], source: Source, service_id: str, test_id: str, number: str) -> str:
    """Return what tells an outcome from the others of its run.

    A file of results may be imported twice, and a job prints the same test in its progress and again in its summary.
    """
    if source == "ci":
        return orjson.dumps([attributes.get("ci.job"), test_id]).decode()
    if attributes.get("test.imported") is True:
        return orjson.dumps([service_id, test_id, _attempt(attributes)]).decode()
    return number


def _attempt(attributes: Mapping[str, Any]) -> int:
    value = attributes.get("test.attempt")
    return value if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MAX_ATTEMPT else 1


def _uncollected(row: Mapping[str, Any]) -> str | None:
    """Return the file that pytest could not collect, if a row reports one."""
    if row["parsed"].get("test.event") != "collection":
        return None
    return str(row["message"].partition("\n")[0].removeprefix("collection failed: "))[:512] or None


def _failure_pattern(attributes: Mapping[str, Any], message: str) -> str:
    kind, text = attributes.get("exception.type"), attributes.get("exception.message")
    parts = [part for part in (kind, text) if isinstance(part, str) and part]
    whole = ": ".join(parts) or message.partition("\n")[2] or message
    return mask_text(whole[:_MAX_FAILURE])


def _total(attributes: Mapping[str, Any]) -> int | None:
    """Return how many outcomes the reporter has counted at the end of a run."""
    counts = attributes.get("test.counts")
    if not isinstance(counts, dict):
        return None
    numbers = [value for value in counts.values() if isinstance(value, int) and not isinstance(value, bool)]
    return min(sum(number for number in numbers if number > 0), _MAX_REPORTED)


def _seconds(attributes: Mapping[str, Any]) -> float | None:
    value = attributes.get("test.duration_s")
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 else None


def _text(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value[:_MAX_TEXT] if isinstance(value, str) and value else None
