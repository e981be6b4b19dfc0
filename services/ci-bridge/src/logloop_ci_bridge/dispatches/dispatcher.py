"""Sends the dispatches of the outbox to GitHub once, and publishes their outcome."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from logloop_chassis.background import repeat
from logloop_chassis.ids import utc_now
from logloop_chassis.messaging.publisher import EventPublisher
from logloop_contracts.channels import CI_DISPATCH_FAILED, CI_DISPATCHED, Channel
from logloop_contracts.ci import Dispatched, DispatchFailed
from pydantic import BaseModel

from logloop_ci_bridge.dispatches.outbox import (
    Dispatch,
    DispatchAccepted,
    DispatchDeferred,
    DispatchRejected,
    OutcomeUnknown,
    SendResult,
    after_sending,
)
from logloop_ci_bridge.dispatches.pause_store import PauseStore
from logloop_ci_bridge.dispatches.run_matching import CLOCK_SKEW, match_run
from logloop_ci_bridge.dispatches.store import Claim, DispatchStore
from logloop_ci_bridge.github.gateway import Gateway, GatewayOf, GitHubRejected, GitHubUnavailable
from logloop_ci_bridge.project_turns import IDLE_S, WORKERS, ProjectTurns
from logloop_ci_bridge.telemetry import DISPATCHES

_UNAVAILABLE_S = 15.0
_HOUR = timedelta(hours=1)
_START_WINDOW = timedelta(seconds=10)
"""The time over which GitHub counts the runs that start in a repository."""
_log = structlog.get_logger()


class Dispatcher:
    """Processes the outbox, one dispatch of a project at a time."""

    def __init__(
        self,
        store: DispatchStore,
        pauses: PauseStore,
        gateway_of: GatewayOf,
        publisher: EventPublisher,
        *,
        lease_s: float,
        settle_s: float,
        interval_s: float,
        poll_s: float,
        repository_budget: int,
        start_limit: int,
    ) -> None:
        self._store = store
        self._pauses = pauses
        self._gateway_of = gateway_of
        self._publisher = publisher
        self._lease = timedelta(seconds=lease_s)
        self._settle_s = settle_s
        self._interval_s = interval_s
        self._poll = timedelta(seconds=poll_s)
        self._repository_budget = repository_budget
        self._start_limit = start_limit
        self._turns = ProjectTurns()
        self._announcing = asyncio.Lock()
        self.wake = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        """Process the outbox until the service stops."""
        await repeat(self.step, "dispatcher", stopping, idle_s=IDLE_S, wake=self.wake, workers=WORKERS)

    async def step(self) -> bool:
        """Process one dispatch that is due. Return False when there was none."""
        async with self._turns.next(self._claim, lambda claim: claim.dispatch.project_id) as claim:
            if claim is not None:
                await self._process(claim)
        async with self._announcing:
            await self.announce()
        return claim is not None

    async def _claim(self, busy: Sequence[str]) -> Claim | None:
        """Take the next dispatch that is due, unless its project is paused."""
        held = await self._pauses.held()
        return None if held is None else await self._store.claim(utc_now(), self._lease, [*busy, *held])

    async def announce(self) -> None:
        """Publish the outcome of finished dispatches, including those that an earlier process did not publish."""
        for dispatch in await self._store.unannounced():
            channel, event = event_of(dispatch)
            await self._publisher.publish_event(
                channel,
                event,
                project_id=dispatch.project_id,
                correlation_id=dispatch.correlation_id,
                causation_id=dispatch.cause[0] if dispatch.cause else None,
                event_id=f"{dispatch.id}-{dispatch.state}",
            )
            await self._store.announced(dispatch.id)

    async def _process(self, claim: Claim) -> None:
        """Process a claimed dispatch within 80% of the lease, after which another process may take it over."""
        dispatch = claim.dispatch
        deadline = asyncio.get_running_loop().time() + self._lease.total_seconds() * 0.8
        try:
            async with asyncio.timeout_at(deadline):
                gateway = await self._gateway_of(dispatch.project_id, dispatch.emulated)
                if claim.unsettled and gateway.live:
                    if await self._settled(dispatch, gateway):
                        return
                    await self._store.count_attempt(dispatch.id, utc_now())
        except (GitHubUnavailable, TimeoutError) as error:
            await self._postpone(dispatch, str(error) or "GitHub took too long to respond", claim.unsettled)
            return
        await self._conclude(dispatch, await self._send(dispatch, gateway, deadline))
        if gateway.live and self._interval_s:
            await asyncio.sleep(self._interval_s)

    async def _conclude(self, dispatch: Dispatch, result: SendResult) -> None:
        """Store the result of an attempt."""
        now = utc_now()
        fields = after_sending(dispatch, result, now=now, settle_s=self._settle_s)
        if fields["state"] == "sent":
            fields["follow_at"] = now + min(self._poll, timedelta(seconds=2))
        await self._store.settle(dispatch.id, fields)
        DISPATCHES.labels(dispatch.mode, result.label).inc()
        _log.info(
            "dispatch attempted",
            dispatch_id=dispatch.id,
            repository=dispatch.repository,
            result=result.label,
            status=fields.get("status"),
            detail=fields.get("detail"),
        )

    async def _send(self, dispatch: Dispatch, gateway: Gateway, deadline: float) -> SendResult:
        deferred = await self._over_a_limit(dispatch.repository) if gateway.live else None
        if deferred is not None:
            return deferred
        try:
            async with asyncio.timeout_at(deadline):
                return await gateway.send(dispatch, utc_now())
        except TimeoutError:
            return OutcomeUnknown(detail="no response within the lease; looking for the run before sending again")

    async def _over_a_limit(self, repository: str) -> DispatchDeferred | None:
        """Return why a repository must not receive a dispatch now. This one is counted already."""
        now = utc_now()
        sent = await self._store.sent_since(repository, now - _HOUR)
        if sent > self._repository_budget:
            return DispatchDeferred(
                detail=f"{repository} received {sent - 1} dispatches within the hour; its limit is "
                f"{self._repository_budget} (LOGLOOP_CI_REPOSITORY_BUDGET)",
                retry_after_s=60.0,
                waits_for="repository_budget",
                sent=False,
            )
        if await self._store.sent_since(repository, now - _START_WINDOW) > self._start_limit:
            return DispatchDeferred(
                detail=f"{repository} received {self._start_limit} dispatches within ten seconds; GitHub loses runs "
                "beyond its limit (LOGLOOP_CI_START_LIMIT)",
                retry_after_s=_START_WINDOW.total_seconds(),
                waits_for="start_limit",
                sent=False,
            )
        return None

    async def _settled(self, dispatch: Dispatch, gateway: Gateway) -> bool:
        """Return whether an attempt of unknown outcome needs no second POST now: its run exists or may still appear.

        Raises GitHubUnavailable.
        """
        assert dispatch.posted_at is not None
        now = utc_now()
        since = dispatch.posted_at - CLOCK_SKEW
        try:
            runs = await gateway.find_runs(
                dispatch.repository, event=dispatch.mode, workflow=dispatch.workflow, since=since
            )
        except GitHubRejected as error:
            detail = f"GitHub may have started a run, but the list of runs cannot be read: {error}"
            await self._settle(dispatch, DispatchRejected(status=error.status, detail=detail))
            return True
        taken = await self._store.claimed_runs(dispatch.repository, [run.run_id for run in runs])
        match = match_run(dispatch, runs, taken)
        if match is not None:
            accepted = DispatchAccepted(status=dispatch.status or 204, run_id=match.run.run_id, run_url=match.run.url)
            await self._settle(dispatch, accepted, guessed=match.guessed, follow_at=now)
            return True
        rest_s = (dispatch.posted_at - now).total_seconds() + self._settle_s
        if rest_s > 0:
            detail = dispatch.detail or "waiting for a run to appear"
            await self._settle(dispatch, OutcomeUnknown(status=dispatch.status, detail=detail), wait_s=rest_s)
        return rest_s > 0

    async def _settle(
        self, dispatch: Dispatch, result: SendResult, *, wait_s: float | None = None, **more: Any
    ) -> None:
        fields = after_sending(dispatch, result, now=utc_now(), settle_s=wait_s or self._settle_s)
        await self._store.settle(dispatch.id, {**fields, **more})

    async def _postpone(self, dispatch: Dispatch, detail: str, unsettled: bool) -> None:
        again = utc_now() + min(timedelta(seconds=_UNAVAILABLE_S), self._lease)
        fields: dict[str, Any] = {"next_attempt_at": again, "detail": detail, "waits_for": "github"}
        if not unsettled:
            # Nothing was sent to GitHub, so this does not count as an attempt.
            fields |= {"state": "pending", "attempts": dispatch.attempts - 1}
        await self._store.settle(dispatch.id, fields)


def event_of(dispatch: Dispatch) -> tuple[Channel, BaseModel]:
    """Return the event to publish for a finished dispatch, with its channel."""
    common: dict[str, Any] = {
        "dispatch_id": dispatch.id,
        "project_id": dispatch.project_id,
        "correlation_id": dispatch.correlation_id,
        "repository": dispatch.repository,
        "event_type": dispatch.event_type,
        "rule_id": dispatch.rule_id,
        "hop": dispatch.hop,
    }
    if dispatch.state == "failed":
        return CI_DISPATCH_FAILED, DispatchFailed(**common, status=dispatch.status, detail=dispatch.detail or "")
    mode = "console" if dispatch.state == "recorded" else dispatch.mode
    return CI_DISPATCHED, Dispatched(**common, mode=mode, cause=dispatch.cause)
