"""Sends the notifications that are due, and repeats those that a receiver could not take."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from logloop_chassis.background import repeat
from logloop_chassis.ids import utc_now

from logloop_ci_bridge.dispatches.pause_store import PauseStore
from logloop_ci_bridge.notifications.delivery import Delivery, Sender
from logloop_ci_bridge.notifications.notification import MAX_ATTEMPTS, Notification, retry_after
from logloop_ci_bridge.notifications.receivers import Receiver
from logloop_ci_bridge.notifications.store import NotificationStore
from logloop_ci_bridge.project_turns import IDLE_S, WORKERS, ProjectTurns
from logloop_ci_bridge.record_store import RecordStore
from logloop_ci_bridge.telemetry import NOTIFICATIONS

_log = structlog.get_logger()


class Notifier:
    """Processes the outbox of notifications, one of a project at a time."""

    def __init__(
        self,
        store: NotificationStore,
        pauses: PauseStore,
        receivers: RecordStore[Receiver],
        sender: Sender,
        *,
        lease_s: float,
    ) -> None:
        self._store = store
        self._pauses = pauses
        self._receivers = receivers
        self._sender = sender
        self._lease = timedelta(seconds=lease_s)
        self._turns = ProjectTurns()
        self.wake = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        """Send notifications until the service stops."""
        await repeat(self.step, "notifier", stopping, idle_s=IDLE_S, wake=self.wake, workers=WORKERS // 2)

    async def step(self) -> bool:
        """Process one notification that is due. Return False when there was none."""
        async with self._turns.next(self._next_due, lambda due: due.project_id) as due:
            if due is not None:
                await self._process(due)
        return due is not None

    async def _next_due(self, busy: Sequence[str]) -> Notification | None:
        """Return the notification that is due first, unless its project is paused."""
        held = await self._pauses.held()
        return None if held is None else await self._store.next_due(utc_now(), [*busy, *held])

    async def _process(self, due: Notification) -> None:
        now = utc_now()
        receiver = await self._receivers.find(due.receiver_id)
        quiet_until = receiver.quiet_hours.end_after(now) if receiver and receiver.quiet_hours else None
        if quiet_until is not None:
            await self._store.postpone(due, quiet_until, "waits for the end of the quiet hours")
            return
        claimed = await self._store.claim(due, now, self._lease)
        if claimed is None:
            return
        if receiver is None or not receiver.enabled:
            gone = "its receiver was deleted" if receiver is None else "its receiver is switched off"
            result = Delivery(ok=False, status=None, detail=gone, final=True)
        else:
            result = await self._sender.send(receiver, claimed, now)
        NOTIFICATIONS.labels(receiver.kind if receiver else "none", "sent" if result.ok else "failed").inc()
        await self._store.settle(claimed.id, _after(claimed, result))
        _log.info(
            "notification attempted",
            notification_id=claimed.id,
            receiver_id=due.receiver_id,
            ok=result.ok,
            status=result.status,
            detail=result.detail,
        )


def _after(notification: Notification, result: Delivery) -> dict[str, Any]:
    """Return the fields to set after an attempt."""
    now = utc_now()
    common: dict[str, Any] = {"status": result.status, "detail": result.detail}
    if result.ok:
        return {**common, "state": "sent", "finished_at": now, "next_attempt_at": None}
    if result.final or notification.attempts >= MAX_ATTEMPTS:
        return {**common, "state": "failed", "finished_at": now, "next_attempt_at": None}
    return {**common, "next_attempt_at": now + retry_after(notification.attempts, result.retry_after_s)}
