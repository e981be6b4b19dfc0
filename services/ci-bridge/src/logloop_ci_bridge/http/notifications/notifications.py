"""Notifications under /api/v1/ci/notifications: what was sent to receivers, and what waits."""

from typing import Annotated

from fastapi import APIRouter, Query
from logloop_chassis.auth.principal import Scope
from logloop_chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_id_cursor
from logloop_chassis.http.parameters import ProjectParam, problems
from logloop_chassis.http.problems import Conflict
from logloop_chassis.ids import RecordId, utc_now

from logloop_ci_bridge.http.callers import Caller, CurrentCaller, next_cursor
from logloop_ci_bridge.notifications.notification import Notification, State

router = APIRouter(prefix="/api/v1/ci/notifications", tags=["notifications"])


class NotificationPage(Page[Notification]):
    """Notifications, newest first."""


@router.get("", summary="List notifications", operation_id="notification_list", responses=problems(404))
async def list_all(
    project_id: ProjectParam,
    caller: CurrentCaller,
    state: Annotated[State | None, Query(description="Only notifications in this state.")] = None,
    receiver_id: str | None = Query(None, max_length=64, description="Only notifications to this receiver."),
    rule_id: str | None = Query(None, max_length=64, description="Only notifications that tell of this rule."),
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> NotificationPage:
    """List the notifications of a project with their matches, their state and the receiver's answer."""
    caller.may_read(project_id)
    where = {"state": state, "receiver_id": receiver_id, "matches.rule_id": rule_id}
    items = await caller.stores.notifications.page(
        project_id,
        limit=limit,
        before=decode_id_cursor(cursor),
        where={name: value for name, value in where.items() if value is not None},
    )
    return NotificationPage(items=list(items), next_cursor=next_cursor(items, limit))


@router.get(
    "/{notification_id}", summary="Get a notification", operation_id="notification_read", responses=problems(404)
)
async def get(notification_id: RecordId, caller: CurrentCaller) -> Notification:
    """Return a notification."""
    return await _found(caller, notification_id, "read")


@router.post(
    "/{notification_id}/retry",
    summary="Send a notification again",
    operation_id="notification_retry",
    responses=problems(404, 409),
)
async def retry(notification_id: RecordId, caller: CurrentCaller) -> Notification:
    """Send a notification that failed again, with the same id and content."""
    found = await _found(caller, notification_id, "write")
    queued = await caller.stores.notifications.retry(found.id, utc_now())
    if queued is None:
        raise Conflict("only a notification that failed can be sent again")
    await caller.record_change("retry", "notification", found.id, found.project_id)
    caller.services.notifier.wake.set()
    return queued


async def _found(caller: Caller, notification_id: str, scope: Scope) -> Notification:
    found = await caller.stores.notifications.find(notification_id)
    return caller.allowed(found, f"there is no notification {notification_id[:64]!r}", scope)
