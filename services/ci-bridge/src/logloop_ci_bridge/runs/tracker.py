"""Tracks runs: finds the run of each dispatch, polls it until it completes and publishes its output as logs.

Every step may be repeated: batch ids and event ids derive from run and attempt.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from logloop_chassis.background import repeat
from logloop_chassis.ids import utc_now
from logloop_chassis.messaging.publisher import BytesPublisher, EventPublisher
from logloop_contracts.channels import (
    CI_RUN_COMPLETED,
    CI_RUN_UPDATED,
    HEADER_COUNT,
    HEADER_PROJECT,
    HEADER_SCHEMA,
    LOGS,
)
from logloop_contracts.ci import RunCompleted, RunUpdated
from logloop_contracts.log_batch import SCHEMA_VERSION, encode

from logloop_ci_bridge.dispatches.outbox import Dispatch
from logloop_ci_bridge.dispatches.run_matching import CLOCK_SKEW, match_run
from logloop_ci_bridge.dispatches.store import DispatchStore
from logloop_ci_bridge.github.gateway import Gateway, GatewayOf, GitHubRejected, GitHubUnavailable, Job
from logloop_ci_bridge.github.workflow_runs import ReportedRun
from logloop_ci_bridge.project_turns import IDLE_S, WORKERS, ProjectTurns
from logloop_ci_bridge.record_store import RecordStore
from logloop_ci_bridge.runs.batches import batches_of
from logloop_ci_bridge.runs.job_log import ParsedJob, parse_job
from logloop_ci_bridge.runs.matcher_files import MatcherFiles
from logloop_ci_bridge.runs.output import RunOutput
from logloop_ci_bridge.runs.output_store import RunOutputStore
from logloop_ci_bridge.runs.problem_matchers import StoredMatcher
from logloop_ci_bridge.runs.run import Run, owner_fields, run_jobs, run_of
from logloop_ci_bridge.runs.store import RunStore
from logloop_ci_bridge.telemetry import DISPATCHES_LOST, RUN_LOGS, RUNS_COMPLETED

_GIVE_UP_AFTER = timedelta(days=1)
_FAILED_CONCLUSIONS = ("failure", "timed_out", "startup_failure")
_log = structlog.get_logger()


class LogPublisher(BytesPublisher, EventPublisher, Protocol):
    """What run tracking needs of the broker."""


class RunTracker:
    """Works on sent dispatches without a run, and on runs whose completion is not published."""

    def __init__(
        self,
        dispatches: DispatchStore,
        runs: RunStore,
        outputs: RunOutputStore,
        matchers: RecordStore[StoredMatcher],
        gateway_of: GatewayOf,
        publisher: LogPublisher,
        *,
        poll_s: float,
        lease_s: float,
        lost_after_s: float,
        job_log_bytes: int,
    ) -> None:
        self._dispatches = dispatches
        self._runs = runs
        self._outputs = outputs
        self._matchers = matchers
        self._gateway_of = gateway_of
        self._publisher = publisher
        self._poll = timedelta(seconds=poll_s)
        self._lease = timedelta(seconds=max(lease_s, poll_s))
        self._lost_after = timedelta(seconds=lost_after_s)
        self._job_log_bytes = job_log_bytes
        self._turns = ProjectTurns()
        self._started_at = utc_now()
        self.wake = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        """Track runs until the service stops."""
        idle_s = min(IDLE_S, self._poll.total_seconds())
        await repeat(self.step, "run tracker", stopping, idle_s=idle_s, wake=self.wake, workers=WORKERS)

    async def step(self) -> bool:
        """Work on one dispatch and one run. Return False when nothing was due."""
        async with self._turns.next(
            lambda busy: self._dispatches.next_without_run(utc_now(), self._poll, busy), lambda sent: sent.project_id
        ) as dispatch:
            if dispatch is not None:
                await self._find_run(dispatch, utc_now())
        async with self._turns.next(
            lambda busy: self._runs.due(utc_now(), self._poll, busy), lambda due: due[0].project_id
        ) as due:
            if due is not None:
                await self._advance(*due)
        return dispatch is not None or due is not None

    async def _find_run(self, dispatch: Dispatch, now: datetime) -> None:
        """Find the run of a sent dispatch."""
        if dispatch.run_id is not None:
            reported = ReportedRun(
                run_id=dispatch.run_id, repository=dispatch.repository, status="queued", url=dispatch.run_url
            )
            await self._link(dispatch, reported, guessed=dispatch.guessed, now=now)
            return
        sent_at = dispatch.posted_at or dispatch.created_at
        try:
            gateway = await self._gateway_of(dispatch.project_id, dispatch.emulated)
            runs = await gateway.find_runs(
                dispatch.repository, event=dispatch.mode, workflow=dispatch.workflow, since=sent_at - CLOCK_SKEW
            )
        except (GitHubUnavailable, GitHubRejected) as error:
            if isinstance(error, GitHubRejected) and now > sent_at + self._lost_after:
                detail = f"the runs of {dispatch.repository} cannot be read: {error}"
                await self._dispatches.mark_lost(dispatch.id, detail)
            return
        taken = await self._dispatches.claimed_runs(dispatch.repository, [run.run_id for run in runs])
        match = match_run(dispatch, runs, taken)
        if match is not None:
            await self._link(dispatch, match.run, guessed=match.guessed, now=now)
        elif now > sent_at + self._lost_after:
            DISPATCHES_LOST.inc()
            await self._dispatches.mark_lost(
                dispatch.id,
                "GitHub accepted it, but no run started: its workflow must be on the default branch and listen "
                f"to repository_dispatch type {dispatch.event_type!r}",
            )

    async def _link(self, dispatch: Dispatch, reported: ReportedRun, *, guessed: bool, now: datetime) -> None:
        run = run_of(dispatch, reported, guessed=guessed)
        await self._runs.advance(run, now)
        await self._runs.adopt(run.project_id, run.run_id, owner_fields(run))
        await self._dispatches.link(dispatch.id, run_id=reported.run_id, run_url=reported.url, guessed=guessed)

    async def _advance(self, run: Run, announced: bool) -> None:
        """Read the state of one run and act on it."""
        try:
            gateway = await self._gateway_of(run.project_id, run.emulated)
            if gateway.live:
                fresh = await gateway.run(run.repository, run.run_id)
                if fresh.order > run.order:
                    # The new state is due at once and handled in the next step.
                    await self._runs.advance(run.model_copy(update=fresh.model_dump(exclude_none=True)), utc_now())
                    return
                if fresh.order < run.order:
                    return  # A webhook was ahead of the API; the next poll decides.
            if run.status == "completed":
                await self._complete(run, gateway)
            else:
                if not announced:
                    await self._publish_update(run)
                await self._runs.update(run, {"work_at": utc_now() + poll_interval(run, self._poll)})
        except GitHubUnavailable as error:
            if (
                run.status == "completed"
                and utc_now() - max(run.updated_at or self._started_at, self._started_at) > _GIVE_UP_AFTER
            ):
                await self._unreadable(run, f"GitHub was unavailable for a day: {error}")
                return
            wait = max(poll_interval(run, self._poll), timedelta(seconds=error.retry_after_s or 0))
            await self._runs.update(run, {"logs_detail": str(error), "work_at": utc_now() + wait})
        except GitHubRejected as error:
            await self._unreadable(run, str(error))

    async def _publish_update(self, run: Run) -> None:
        await self._publisher.publish_event(
            CI_RUN_UPDATED,
            RunUpdated.model_validate(_facts(run)),
            project_id=run.project_id,
            correlation_id=run.correlation_id,
            event_id=f"run-{run.project_id}-{run.run_id}-{run.order}",
        )
        await self._runs.update(run, {"announced": True})

    async def _complete(self, run: Run, gateway: Gateway) -> None:
        """Publish the logs, store the state, then publish the completion: its consumers find the logs published."""
        await self._runs.update(run, {"logs": "waiting"})
        if gateway.live:
            run = await self._collect(run, gateway)
        else:
            run = run.model_copy(
                update={"logs": "unavailable", "logs_detail": "the project has no GitHub credentials to read them"}
            )
        await self._announce_completed(run)

    async def _unreadable(self, run: Run, detail: str) -> None:
        """Publish a completed run without its logs; stop tracking one that is not completed."""
        _log.warning("run cannot be read", run_id=run.run_id, detail=detail)
        changed = run.model_copy(update={"logs": "unavailable", "logs_detail": detail})
        if run.status == "completed":
            await self._announce_completed(changed)
        else:
            await self._runs.update(run, {"logs": "unavailable", "logs_detail": detail}, done=True)

    async def _collect(self, run: Run, gateway: Gateway) -> Run:
        """Fetch, parse, publish and keep the output of every job.

        Raises GitHubUnavailable, GitHubRejected or NotPublished.
        """
        failed_jobs: list[str] = []
        failed_tests: dict[str, None] = {}
        unreadable: list[str] = []
        output = RunOutput()
        count = read = 0
        jobs = await gateway.jobs(run.repository, run.run_id, run.attempt)
        stored = await self._matchers.all({"project_id": run.project_id})
        matcher_files = MatcherFiles(run, stored, gateway)
        for job in jobs:
            if job.conclusion in _FAILED_CONCLUSIONS:
                failed_jobs.append(job.name)
            await self._runs.update(run, {"work_at": utc_now() + self._lease})
            try:
                raw = await self._log_of(run, job, gateway)
                read += raw is not None
            except GitHubRejected as error:
                raw = None
                unreadable.append(f"job {job.name}: {error}")
            rows, parsed = await self._publish_job(run, job, raw, gateway, matcher_files)
            count += rows
            failed_tests |= dict.fromkeys(parsed.failed_tests)
            await asyncio.to_thread(output.add, job, parsed)
        await self._outputs.save(run, output)
        RUN_LOGS.inc(count)
        return run.model_copy(
            update={
                "logs": "collected" if read or not unreadable else "unavailable",
                "logs_detail": "; ".join(unreadable)[:1000] or None,
                "log_count": count,
                "failed_jobs": failed_jobs,
                "failed_tests": list(failed_tests)[:1000],
                "jobs": run_jobs(jobs),
            }
        )

    async def _log_of(self, run: Run, job: Job, gateway: Gateway) -> bytes | None:
        if job.conclusion == "skipped":
            return None
        return await gateway.job_log(run.repository, job.id, self._job_log_bytes)

    async def _publish_job(
        self, run: Run, job: Job, raw: bytes | None, gateway: Gateway, matcher_files: MatcherFiles
    ) -> tuple[int, ParsedJob]:
        annotations = await gateway.annotations(run.repository, job.id)
        matchers = await matcher_files.of_output(raw)
        parsed = await asyncio.to_thread(parse_job, job, raw, annotations, matchers)
        count = 0
        for batch_id, batch in batches_of(run, job, parsed):
            body = await asyncio.to_thread(encode, batch)
            await self._publisher.publish_bytes(
                LOGS.exchange.name,
                run.project_id,
                body,
                headers={HEADER_PROJECT: run.project_id, HEADER_COUNT: batch.num_rows, HEADER_SCHEMA: SCHEMA_VERSION},
                message_id=batch_id,
                content_type=LOGS.content_type,
            )
            count += batch.num_rows
        return count, parsed

    async def _announce_completed(self, run: Run) -> None:
        await self._runs.update(
            run,
            {
                "logs": run.logs,
                "logs_detail": run.logs_detail,
                "log_count": run.log_count,
                "failed_jobs": run.failed_jobs,
                "failed_tests": run.failed_tests,
                "jobs": [job.model_dump(mode="python") for job in run.jobs],
            },
        )
        facts = {**_facts(run), "failed_jobs": run.failed_jobs, "failed_tests": run.failed_tests}
        await self._publisher.publish_event(
            CI_RUN_COMPLETED,
            RunCompleted.model_validate({**facts, "log_count": run.log_count}),
            project_id=run.project_id,
            correlation_id=run.correlation_id,
            event_id=f"run-{run.project_id}-{run.run_id}-{run.order}",
        )
        await self._runs.update(run, {"announced": True}, done=True)
        RUNS_COMPLETED.labels(run.conclusion or "none").inc()


def poll_interval(run: Run, poll: timedelta) -> timedelta:
    """Return the wait before a run is polled again: longer for long runs, to stay within the rate limit."""
    started_at = run.started_at or run.created_at
    age = utc_now() - started_at if started_at else timedelta()
    return poll * (1 + min(7.0, max(0.0, age / timedelta(minutes=5))))


def _facts(run: Run) -> dict[str, Any]:
    names = (
        "run_id",
        "project_id",
        "repository",
        "workflow",
        "name",
        "status",
        "attempt",
        "conclusion",
        "correlation_id",
        "dispatch_id",
        "url",
        "started_at",
        "updated_at",
    )
    return {**{name: getattr(run, name) for name in names}, "hop": run.hop or 0}
