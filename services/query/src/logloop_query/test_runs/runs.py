"""Keeps runs of tests as records, and the outcomes of each test over time."""

import itertools
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from logloop_chassis.auth.principal import Principal, require
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import NotFound
from logloop_chassis.ids import utc_now
from logloop_contracts.outcomes_of_tests import BAD, GOOD

from logloop_query.run_reports import ReportedOutcome, RunReport, run_record_id
from logloop_query.test_runs.flaky import FlakyTests, infrastructure_failures, judge
from logloop_query.test_runs.store import MAX_READ, TestRunStore


class TestRuns:
    """The test runs of every project."""

    def __init__(self, store: TestRunStore) -> None:
        self._store = store

    async def record(self, project_id: str, reports: Sequence[RunReport]) -> None:
        """Store what is new in reports. Repeating a report changes nothing."""
        for report in reports:
            run_id = run_record_id(project_id, report.source, report.run_id)
            now = utc_now()
            created = {
                "project_id": project_id,
                "run_id": report.run_id,
                "source": report.source,
                "stored_at": now,
            }
            update = {
                "$setOnInsert": created,
                "$min": {"started_at": report.started_at},
                "$max": {"last_at": report.last_at},
                **({"$set": report.fields} if report.fields else {}),
            }
            outcomes = {key: _outcome(project_id, item) for key, item in report.outcomes.items()}
            await self._store.add(run_id, update, sorted(report.services), outcomes, now)

    async def page(
        self, project_id: str, where: Mapping[str, Any], before: tuple[datetime, str] | None, limit: int
    ) -> list[Document]:
        """Return runs of a project, newest first."""
        return await self._store.page(project_id, where, before=before, limit=limit)

    async def read(self, principal: Principal, run_id: str) -> Document:
        """Return a run that the caller may see. Raises NotFound, Forbidden."""
        document = await self._store.find(run_id)
        if document is None or not principal.sees(document["project_id"]):
            raise NotFound(f"there is no test run {run_id[:64]!r}; list them with GET /api/v1/test-runs")
        require(principal, "read", document["project_id"])
        return document

    async def outcomes(
        self, run_id: str, outcome: str | None, after: tuple[str, str] | None, limit: int
    ) -> list[Document]:
        """Return outcomes of a run, ordered by test."""
        return await self._store.outcomes(run_id, outcome, after=after, limit=limit)

    async def history(self, project_id: str, test_id: str, limit: int) -> list[Document]:
        """Return the newest outcomes of a test, each with its run as `of_run`."""
        found = await self._store.history(project_id, test_id, limit)
        runs = await self._store.some({item["run"] for item in found})
        return [{**item, "of_run": runs[item["run"]]} for item in found if item["run"] in runs]

    async def flaky(self, project_id: str, since: datetime) -> FlakyTests:
        """Return the flaky tests of a project, by its newest outcomes since a time. See `judge`.

        Failures of the infrastructure do not count.
        """
        read, candidates = await self._store.changing(project_id, since, sorted(BAD), sorted(BAD | GOOD))
        runs = await self._store.some({item["run"] for test in candidates for item in test["outcomes"]})
        others = infrastructure_failures(candidates, runs)
        judged = (judge(test["_id"], _own(test["outcomes"], others), runs) for test in candidates)
        found = sorted(
            (test for test in judged if test is not None),
            key=lambda test: (not test.same_commit, -test.flakiness, test.test_id),
        )
        return FlakyTests(found, read, partial=read >= MAX_READ)

    async def delete_all(self, project_id: str) -> None:
        """Delete every run of a project."""
        await self._store.delete_all(project_id)


def _own(outcomes: Sequence[Document], others: frozenset[tuple[str, str | None]]) -> list[Document]:
    """Return the outcomes without failures that are among `others`."""
    return [
        item
        for item in outcomes
        if item["outcome"] in GOOD or not {(item["run"], item.get("failure_pattern")), (item["run"], None)} & others
    ]


def _outcome(project_id: str, item: ReportedOutcome) -> Document:
    return {
        "project_id": project_id,
        "test_id": item.test_id,
        "service_id": item.service_id,
        "outcome": item.outcome,
        "at": item.at,
        "duration_s": item.duration_s,
        "failure_pattern": item.failure_pattern,
        "log_id": item.log_id,
        "attempt": item.attempt,
        "retried": item.retried,
    }


def flakiness(outcomes: Sequence[str]) -> float | None:
    """Return the share of neighbouring outcomes that differ between passing and failing.

    Skipped tests and expected failures do not count. None with fewer than two outcomes.
    """
    decided = [outcome in BAD for outcome in outcomes if outcome in BAD | GOOD]
    pairs = list(itertools.pairwise(decided))
    return round(sum(one != other for one, other in pairs) / len(pairs), 4) if pairs else None
