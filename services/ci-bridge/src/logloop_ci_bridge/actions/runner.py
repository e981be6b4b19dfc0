"""Carries out the requests of rules: asks query for analyses, and GitHub to repeat or cancel runs."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from logloop_chassis.background import repeat
from logloop_chassis.http.problems import BadGateway, Problem, Unavailable
from logloop_chassis.ids import utc_now

from logloop_ci_bridge.actions.request import MAX_ATTEMPTS, ActionRequest
from logloop_ci_bridge.actions.store import RequestStore
from logloop_ci_bridge.dispatches.pause_store import PauseStore
from logloop_ci_bridge.github.gateway import GatewayOf, GitHubRejected, GitHubUnavailable
from logloop_ci_bridge.project_turns import IDLE_S, WORKERS, ProjectTurns
from logloop_ci_bridge.query_client import QueryClient
from logloop_ci_bridge.runs.run import Run
from logloop_ci_bridge.runs.store import RunStore

_log = structlog.get_logger()


class _Skip(Exception):
    """There is nothing to do; the text says why."""


class _Later(Exception):
    """It cannot be done now; the text says why."""


class ActionRunner:
    """Processes the requests of rules, one of a project at a time."""

    def __init__(
        self,
        store: RequestStore,
        pauses: PauseStore,
        query: QueryClient,
        runs: RunStore,
        gateway_of: GatewayOf,
        *,
        lease_s: float,
    ) -> None:
        self._store = store
        self._pauses = pauses
        self._query = query
        self._runs = runs
        self._gateway_of = gateway_of
        self._lease = timedelta(seconds=lease_s)
        self._turns = ProjectTurns()
        self.wake = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        """Carry out requests until the service stops."""
        await repeat(self.step, "actions", stopping, idle_s=IDLE_S, wake=self.wake, workers=WORKERS // 2)

    async def step(self) -> bool:
        """Process one request that is due. Return False when there was none."""
        async with self._turns.next(self._claim, lambda request: request.project_id) as request:
            if request is not None:
                await self._process(request)
        return request is not None

    async def _claim(self, busy: Sequence[str]) -> ActionRequest | None:
        """Take the next request that is due, unless its project is paused."""
        held = await self._pauses.held()
        return None if held is None else await self._store.claim(utc_now(), self._lease, [*busy, *held])

    async def _process(self, request: ActionRequest) -> None:
        carry_out = {"analyze": self._analyze, "rerun_failed": self._rerun, "cancel_run": self._cancel}[request.kind]
        state, detail = "done", None
        try:
            await carry_out(request)
        except _Skip as reason:
            state, detail = "skipped", str(reason)
        except (_Later, GitHubUnavailable, Unavailable, BadGateway) as reason:
            state, detail = ("pending" if request.attempts < MAX_ATTEMPTS else "failed"), _text(reason)
        except (GitHubRejected, Problem) as reason:
            state, detail = "failed", _text(reason)
        fields: dict[str, Any] = {"state": state, "detail": detail}
        if state == "pending":
            fields["next_attempt_at"] = utc_now() + timedelta(seconds=min(900, 5 * 2 ** (request.attempts - 1)))
        else:
            fields |= {"finished_at": utc_now(), "next_attempt_at": None}
        await self._store.settle(request.id, fields)
        _log.info("action attempted", request_id=request.id, kind=request.kind, state=state, detail=detail)

    async def _analyze(self, request: ActionRequest) -> None:
        """Request the analysis. Its id derives from the request, so that a repetition finds it."""
        await self._query.request_analysis(request.project_id, request.values, key=request.id)

    async def _rerun(self, request: ActionRequest) -> None:
        values = request.values
        if values["attempt"] >= values["max_attempts"]:
            raise _Skip(f"the run had {values['attempt']} attempts, and the rule allows {values['max_attempts']}")
        run = await self._run(request)
        gateway = await self._gateway_of(request.project_id, run.emulated)
        fresh = await gateway.run(run.repository, run.run_id)
        if fresh.attempt > values["attempt"] and request.attempts == 1:
            raise _Skip(f"the run is already at attempt {fresh.attempt}")
        if fresh.attempt == values["attempt"]:  # Otherwise an earlier try of this request had its effect.
            await gateway.rerun_failed_jobs(run.repository, run.run_id)
        # A completed run is no longer polled, and without webhooks nothing else reports its next attempt.
        following = {"attempt": values["attempt"] + 1, "status": "queued", "conclusion": None}
        await self._runs.advance(run.model_copy(update=following), utc_now())

    async def _cancel(self, request: ActionRequest) -> None:
        run = await self._run(request)
        gateway = await self._gateway_of(request.project_id, run.emulated)
        fresh = await gateway.run(run.repository, run.run_id)
        if fresh.status == "completed":
            raise _Skip(f"the run has completed: {fresh.conclusion or 'without a conclusion'}")
        try:
            await gateway.cancel(run.repository, run.run_id)
        except GitHubRejected as error:
            if error.status == 409:
                raise _Skip(f"GitHub cannot cancel the run: {error}") from error
            raise

    async def _run(self, request: ActionRequest) -> Run:
        """Return the run, if the project tracks it: attributes of logs may name any run."""
        run_id = request.values.get("run_id")
        found = await self._runs.find(run_id, [request.project_id]) if isinstance(run_id, str) else ()
        if not found:
            raise _Skip(f"the project has no run {str(run_id)[:40]!r}; a log names its run in attributes.ci.run_id")
        return found[0]


def _text(error: Exception) -> str:
    return (error.detail if isinstance(error, Problem) else str(error))[:1000]
