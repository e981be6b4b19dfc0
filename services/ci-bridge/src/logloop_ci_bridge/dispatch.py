"""Sending what stands in the outbox: claim, look whether it was sent already, POST once, tell the others.

It must not decide what is dispatched, and it knows GitHub only as a `Gateway`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import structlog
from logloop_chassis.broker import NotPublished
from logloop_chassis.mongo import is_outage
from logloop_contracts.channels import CI_DISPATCH_FAILED, CI_DISPATCHED, Channel
from logloop_contracts.ci import Dispatched, DispatchFailed
from pydantic import BaseModel

from logloop_ci_bridge.gateway import Gateway, GitHubAway, GitHubRefused
from logloop_ci_bridge.matching import CLOCK_SKEW, match_run
from logloop_ci_bridge.outbox import Accepted, Dispatch, NotNow, Refused, SendResult, Unknown, after_sending
from logloop_ci_bridge.stores.dispatches import Claim, DispatchStore
from logloop_ci_bridge.telemetry import DISPATCHES

IDLE_S = 2.0
_AWAY_S = 15.0
_HOUR = timedelta(hours=1)
_log = structlog.get_logger()

GatewayOf = Callable[[str], Awaitable[Gateway]]
"""The gateway of a project. Raises GitHubAway when its credentials cannot be read now."""


class EventPublisher(Protocol):
    """What dispatching needs of the broker."""

    async def publish_event(
        self,
        channel: Channel,
        data: Any,
        *,
        project_id: str,
        correlation_id: str | None = None,
        causation_id: str | None = None,
        event_id: str | None = None,
    ) -> Any:
        """Publish and wait for the confirm. Raises NotPublished."""


def utc_now() -> datetime:
    """Now, in UTC and the milliseconds that MongoDB keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class Dispatcher:
    """Works off the outbox, one dispatch at a time."""

    def __init__(
        self,
        store: DispatchStore,
        gateway_of: GatewayOf,
        publisher: EventPublisher,
        *,
        lease_s: float,
        settle_s: float,
        interval_s: float,
        poll_s: float,
        repository_budget: int,
    ) -> None:
        self._store = store
        self._gateway_of = gateway_of
        self._publisher = publisher
        self._lease = timedelta(seconds=lease_s)
        self._settle_s = settle_s
        self._interval_s = interval_s
        self._poll = timedelta(seconds=poll_s)
        self._repository_budget = repository_budget
        self.wake = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until the process stops; an outage of MongoDB or RabbitMQ is waited out."""
        while not stopping.is_set():
            worked = await surviving(self.step, "dispatching")
            if not worked:
                await nap(self.wake, stopping, IDLE_S)

    async def step(self) -> bool:
        """Work on one dispatch that is due; False when there was none."""
        claim = await self._store.claim(utc_now(), self._lease)
        if claim is not None:
            await self._work(claim)
        await self.announce()
        return claim is not None

    async def announce(self) -> None:
        """Tell what became of dispatches, also of those that an earlier process finished and did not tell."""
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

    async def _work(self, claim: Claim) -> None:
        dispatch = claim.dispatch
        try:
            gateway = await self._gateway_of(dispatch.project_id)
        except GitHubAway as error:
            await self._later(dispatch, str(error), claim.unsettled)
            return
        if claim.unsettled and gateway.live:
            if await self._settled(dispatch, gateway):
                return
            await self._store.again(dispatch.id, utc_now())
        result = await self._send(dispatch, gateway)
        now = utc_now()
        fields = after_sending(dispatch, result, now=now, settle_s=self._settle_s)
        if fields["state"] == "sent":
            fields["follow_at"] = now + min(self._poll, timedelta(seconds=2))
        await self._store.settle(dispatch.id, fields)
        DISPATCHES.labels(dispatch.mode, type(result).__name__.lower()).inc()
        _log.info(
            "dispatch attempted",
            dispatch_id=dispatch.id,
            repository=dispatch.repository,
            result=type(result).__name__,
            status=fields.get("status"),
            detail=fields.get("detail"),
        )
        if gateway.live and self._interval_s:
            await asyncio.sleep(self._interval_s)

    async def _send(self, dispatch: Dispatch, gateway: Gateway) -> SendResult:
        if gateway.live:
            sent = await self._store.sent_since(dispatch.repository, utc_now() - _HOUR)
            if sent > self._repository_budget:
                return NotNow(
                    detail=f"{dispatch.repository} got {sent - 1} dispatches within the hour; it may get "
                    f"{self._repository_budget} (LOGLOOP_CI_REPOSITORY_BUDGET)",
                    retry_after_s=60.0,
                )
        try:
            # Nobody else may take the row over while this request can still arrive.
            async with asyncio.timeout(self._lease.total_seconds() * 0.8):
                return await gateway.send(dispatch, utc_now())
        except TimeoutError:
            return Unknown(detail="no answer within the lease; looking for the run before sending again")

    async def _settled(self, dispatch: Dispatch, gateway: Gateway) -> bool:
        """Whether an attempt of unknown outcome needs no second POST now: its run is there, or may still come."""
        assert dispatch.posted_at is not None
        now = utc_now()
        try:
            runs = await gateway.find_runs(
                dispatch.repository,
                event=dispatch.mode,
                workflow=dispatch.workflow,
                since=dispatch.posted_at - CLOCK_SKEW,
            )
        except GitHubAway as error:
            await self._later(dispatch, str(error), unsettled=True)
            return True
        except GitHubRefused as error:
            words = f"GitHub may have started it, and its runs cannot be read to find out: {error}"
            result = Refused(status=error.status, detail=words)
            await self._store.settle(dispatch.id, after_sending(dispatch, result, now=now, settle_s=self._settle_s))
            return True
        taken = await self._store.claimed_runs(dispatch.repository, [run.run_id for run in runs])
        match = match_run(dispatch, runs, taken)
        if match is not None:
            accepted = Accepted(status=dispatch.status or 204, run_id=match.run.run_id, run_url=match.run.url)
            fields = after_sending(dispatch, accepted, now=now, settle_s=self._settle_s)
            await self._store.settle(dispatch.id, {**fields, "guessed": match.guessed, "follow_at": now})
            return True
        if dispatch.posted_at + timedelta(seconds=self._settle_s) > now:
            unknown = Unknown(status=dispatch.status, detail=dispatch.detail or "waiting whether a run shows up")
            rest_s = (dispatch.posted_at - now).total_seconds() + self._settle_s
            await self._store.settle(dispatch.id, after_sending(dispatch, unknown, now=now, settle_s=rest_s))
            return True
        return False

    async def _later(self, dispatch: Dispatch, detail: str, unsettled: bool) -> None:
        fields: dict[str, Any] = {"next_attempt_at": utc_now() + timedelta(seconds=_AWAY_S), "detail": detail}
        if not unsettled:
            # Nothing was asked of GitHub, so it is no attempt.
            fields |= {"state": "pending", "attempts": dispatch.attempts - 1}
        await self._store.settle(dispatch.id, fields)


def event_of(dispatch: Dispatch) -> tuple[Channel, BaseModel]:
    """What the others are told of a finished dispatch."""
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


async def surviving(step: Callable[[], Awaitable[bool]], what: str) -> bool:
    """Do one step of an endless task; False when there was nothing to do or it failed."""
    try:
        return await step()
    except NotPublished as error:
        _log.warning("RabbitMQ is away", task=what, reason=error.reason)
    except Exception as error:  # noqa: BLE001  # the edge of a task: one bad row must not end it
        if is_outage(error):
            _log.warning("MongoDB is away", task=what)
        else:
            _log.exception("step failed", task=what)
    return False


async def nap(wake: asyncio.Event, stopping: asyncio.Event, seconds: float) -> None:
    """Wait until woken, stopped or `seconds` are over."""
    waiting = [asyncio.ensure_future(wake.wait()), asyncio.ensure_future(stopping.wait())]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
    wake.clear()
