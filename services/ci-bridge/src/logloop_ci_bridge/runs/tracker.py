"""Following runs: find the run of each dispatch, poll until it ends, bring its output back as logs, tell the others.

It must not send dispatches. Every step may be repeated: batch ids and event ids follow from run and attempt.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
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

from logloop_ci_bridge.dispatches.dispatcher import EventPublisher, GatewayOf
from logloop_ci_bridge.dispatches.outbox import Dispatch
from logloop_ci_bridge.dispatches.store import DispatchStore
from logloop_ci_bridge.github.gateway import Gateway, GitHubAway, GitHubRefused, Job
from logloop_ci_bridge.runs.batches import batches_of
from logloop_ci_bridge.runs.job_log import parse_job
from logloop_ci_bridge.runs.matching import CLOCK_SKEW, match_run
from logloop_ci_bridge.runs.run import Run, SeenRun
from logloop_ci_bridge.runs.store import RunStore
from logloop_ci_bridge.telemetry import DISPATCHES_LOST, RUN_LOGS, RUNS_COMPLETED
from logloop_ci_bridge.work_loops import IDLE_S, Turns, keep_working, utc_now

_GIVE_UP = timedelta(days=1)
_BAD_CONCLUSIONS = ("failure", "timed_out", "startup_failure")
_log = structlog.get_logger()


class LogPublisher(EventPublisher, Protocol):
    """What following needs of the broker."""

    async def publish_bytes(
        self,
        exchange: str,
        routing_key: str,
        body: bytes,
        *,
        headers: Mapping[str, Any],
        message_id: str,
        content_type: str,
    ) -> None:
        """Publish and wait for the confirm. Raises NotPublished."""


class Following:
    """Looks after dispatches that were sent and runs that are not told to the end."""

    def __init__(
        self,
        dispatches: DispatchStore,
        runs: RunStore,
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
        self._gateway_of = gateway_of
        self._publisher = publisher
        self._poll = timedelta(seconds=poll_s)
        self._lease = timedelta(seconds=max(lease_s, poll_s))
        self._lost_after = timedelta(seconds=lost_after_s)
        self._job_log_bytes = job_log_bytes
        self._turns = Turns()
        self._began = utc_now()
        self.wake = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until the process stops."""
        idle_s = min(IDLE_S, self._poll.total_seconds())
        await keep_working(self.step, "following runs", self.wake, stopping, idle_s=idle_s)

    async def step(self) -> bool:
        """Look after one dispatch and one run; False when nothing was due."""
        async with self._turns.next(
            lambda busy: self._dispatches.to_follow(utc_now(), self._poll, busy), lambda sent: sent.project_id
        ) as dispatch:
            if dispatch is not None:
                await self._find(dispatch, utc_now())
        async with self._turns.next(
            lambda busy: self._runs.due(utc_now(), self._poll, busy), lambda due: due[0].project_id
        ) as due:
            if due is not None:
                await self._work(*due)
        return dispatch is not None or due is not None

    async def _find(self, dispatch: Dispatch, now: datetime) -> None:
        """Find the run of a dispatch that was sent."""
        if dispatch.run_id is not None:
            seen = SeenRun(
                run_id=dispatch.run_id, repository=dispatch.repository, status="queued", url=dispatch.run_url
            )
            await self._belongs(dispatch, seen, guessed=dispatch.guessed, now=now)
            return
        asked = dispatch.posted_at or dispatch.created_at
        try:
            gateway = await self._gateway_of(dispatch.project_id)
            runs = await gateway.find_runs(
                dispatch.repository, event=dispatch.mode, workflow=dispatch.workflow, since=asked - CLOCK_SKEW
            )
        except (GitHubAway, GitHubRefused) as error:
            if isinstance(error, GitHubRefused) and now > asked + self._lost_after:
                await self._dispatches.lose(dispatch.id, f"the runs of {dispatch.repository} cannot be read: {error}")
            return
        taken = await self._dispatches.claimed_runs(dispatch.repository, [run.run_id for run in runs])
        match = match_run(dispatch, runs, taken)
        if match is not None:
            await self._belongs(dispatch, match.run, guessed=match.guessed, now=now)
        elif now > asked + self._lost_after:
            DISPATCHES_LOST.inc()
            await self._dispatches.lose(
                dispatch.id,
                "GitHub accepted it, but no run started: is the workflow on the default branch, and does it listen "
                f"to repository_dispatch type {dispatch.event_type!r}?",
            )

    async def _belongs(self, dispatch: Dispatch, seen: SeenRun, *, guessed: bool, now: datetime) -> None:
        run = run_of(dispatch, seen, guessed=guessed)
        await self._runs.advance(run, now)
        await self._runs.adopt(run.project_id, run.run_id, ownership(run))
        await self._dispatches.link(dispatch.id, run_id=seen.run_id, run_url=seen.url, guessed=guessed)

    async def _work(self, run: Run, announced: bool) -> None:
        """Bring one run forward."""
        try:
            gateway = await self._gateway_of(run.project_id)
            if gateway.live:
                fresh = await gateway.run(run.repository, run.run_id)
                if fresh.order > run.order:
                    # What GitHub says now comes due at once as the run's new state.
                    await self._runs.advance(run.model_copy(update=fresh.model_dump(exclude_none=True)), utc_now())
                    return
                if fresh.order < run.order:
                    return  # A webhook was ahead of the API; the next look decides.
            if run.status == "completed":
                await self._complete(run, gateway)
            else:
                if not announced:
                    await self._publish_update(run)
                await self._runs.note(run, {"work_at": utc_now() + pace(run, self._poll)})
        except GitHubAway as error:
            if run.status == "completed" and utc_now() - max(run.updated_at or self._began, self._began) > _GIVE_UP:
                await self._unreadable(run, f"GitHub could not be asked for a day: {error}")
                return
            wait = max(pace(run, self._poll), timedelta(seconds=error.retry_after_s or 0))
            await self._runs.note(run, {"logs_detail": str(error), "work_at": utc_now() + wait})
        except GitHubRefused as error:
            await self._unreadable(run, str(error))

    async def _publish_update(self, run: Run) -> None:
        await self._publisher.publish_event(
            CI_RUN_UPDATED,
            RunUpdated.model_validate(_facts(run)),
            project_id=run.project_id,
            correlation_id=run.correlation_id,
            event_id=f"run-{run.project_id}-{run.run_id}-{run.order}",
        )
        await self._runs.note(run, {"announced": True})

    async def _complete(self, run: Run, gateway: Gateway) -> None:
        """Logs first, then the state, then the fact: whoever hears of the end finds the logs on their way."""
        await self._runs.note(run, {"logs": "waiting"})
        if gateway.live:
            run = await self._collect(run, gateway)
        else:
            run = run.model_copy(
                update={"logs": "unavailable", "logs_detail": "the project has no GitHub credentials to read them"}
            )
        await self._tell_completed(run)

    async def _unreadable(self, run: Run, detail: str) -> None:
        """End with what is known: a run that ended is told without its logs, another is followed no more."""
        _log.warning("run cannot be read", run_id=run.run_id, detail=detail)
        changed = run.model_copy(update={"logs": "unavailable", "logs_detail": detail})
        if run.status == "completed":
            await self._tell_completed(changed)
        else:
            await self._runs.note(run, {"logs": "unavailable", "logs_detail": detail}, done=True)

    async def _collect(self, run: Run, gateway: Gateway) -> Run:
        """Fetch, parse and publish every job's output. Raises GitHubAway, GitHubRefused or NotPublished."""
        failed_jobs: list[str] = []
        failed_tests: dict[str, None] = {}
        unreadable: list[str] = []
        count = read = 0
        for job in await gateway.jobs(run.repository, run.run_id, run.attempt):
            if job.conclusion in _BAD_CONCLUSIONS:
                failed_jobs.append(job.name)
            await self._runs.note(run, {"work_at": utc_now() + self._lease})
            try:
                raw = await self._log_of(run, job, gateway)
                read += raw is not None
            except GitHubRefused as error:
                raw = None
                unreadable.append(f"job {job.name}: {error}")
            rows, tests = await self._publish_job(run, job, raw, gateway)
            count += rows
            failed_tests |= dict.fromkeys(tests)
        RUN_LOGS.inc(count)
        return run.model_copy(
            update={
                "logs": "collected" if read or not unreadable else "unavailable",
                "logs_detail": "; ".join(unreadable)[:1000] or None,
                "log_count": count,
                "failed_jobs": failed_jobs,
                "failed_tests": list(failed_tests)[:1000],
            }
        )

    async def _log_of(self, run: Run, job: Job, gateway: Gateway) -> bytes | None:
        if job.conclusion == "skipped":
            return None
        return await gateway.job_log(run.repository, job.id, self._job_log_bytes)

    async def _publish_job(
        self, run: Run, job: Job, raw: bytes | None, gateway: Gateway
    ) -> tuple[int, tuple[str, ...]]:
        remarks = await gateway.annotations(run.repository, job.id)
        parsed = await asyncio.to_thread(parse_job, job, raw, remarks)
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
        return count, parsed.failed_tests

    async def _tell_completed(self, run: Run) -> None:
        await self._runs.note(
            run,
            {
                "logs": run.logs,
                "logs_detail": run.logs_detail,
                "log_count": run.log_count,
                "failed_jobs": run.failed_jobs,
                "failed_tests": run.failed_tests,
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
        await self._runs.note(run, {"announced": True}, done=True)
        RUNS_COMPLETED.labels(run.conclusion or "none").inc()


def pace(run: Run, poll: timedelta) -> timedelta:
    """When to look at an unchanged run again: seldom at one that takes long, so that many fit the rate limit."""
    began = run.started_at or run.created_at
    age = utc_now() - began if began else timedelta()
    return poll * (1 + min(7.0, max(0.0, age / timedelta(minutes=5))))


def run_of(dispatch: Dispatch, seen: SeenRun, *, guessed: bool) -> Run:
    """The run of a dispatch."""
    return Run(
        **seen.model_dump(),
        project_id=dispatch.project_id,
        dispatch_id=dispatch.id,
        correlation_id=dispatch.correlation_id,
        rule_id=dispatch.rule_id,
        pipeline_id=dispatch.pipeline_id,
        service_id=dispatch.service_id,
        hop=dispatch.hop,
        rules=dispatch.rules,
        guessed=guessed,
    )


def ownership(run: Run) -> dict[str, Any]:
    """The fields that tie a run to its dispatch."""
    names = ("dispatch_id", "correlation_id", "rule_id", "pipeline_id", "service_id", "hop", "rules", "guessed")
    return {name: getattr(run, name) for name in names}


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
