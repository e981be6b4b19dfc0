"""Stores the outbox of notifications: ci_notifications."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from logloop_chassis.database.client import Database, Document
from logloop_chassis.ids import new_id
from logloop_contracts.durations import seconds
from pymongo import ASCENDING, DESCENDING, ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from logloop_ci_bridge.notifications.notification import MAX_MATCHES, Notification, NotifiedMatch
from logloop_ci_bridge.notifications.receivers import Receiver
from logloop_ci_bridge.record_store import from_document

HISTORY_S = 30 * 86_400
_COLLECTING = {"state": "collecting"}


class NotificationStore:
    """Collects matches into notifications, and hands those that are due to one process at a time."""

    def __init__(self, database: Database) -> None:
        self._notifications = database["ci_notifications"]

    async def prepare(self) -> None:
        """Create indexes."""
        create = self._notifications.create_index
        await create("receiver_id", name="one_collects", unique=True, partialFilterExpression=_COLLECTING)
        await create([("receiver_id", ASCENDING), ("_id", DESCENDING)])
        await create([("project_id", ASCENDING), ("_id", DESCENDING)])
        await create([("state", ASCENDING), ("next_attempt_at", ASCENDING)])
        await create("finished_at", expireAfterSeconds=HISTORY_S)

    async def collect(
        self, receiver: Receiver, match: NotifiedMatch, now: datetime, session: AsyncClientSession
    ) -> str:
        """Add a match to the notification that the receiver collects, or begin one, within a transaction.

        Returns the id of the notification.
        """
        own = {"receiver_id": receiver.id}
        earlier = {**own, "state": {"$ne": "collecting"}}
        last = await self._notifications.find_one(
            earlier, {"closed_at": 1}, sort=[("_id", DESCENDING)], session=session
        )
        begun = {
            "_id": new_id(),
            "project_id": receiver.project_id,
            "created_at": now,
            "next_attempt_at": due_at(receiver, last["closed_at"] if last else None, now),
            "attempts": 0,
        }
        shown = {"$each": [match.model_dump(mode="python")], "$slice": MAX_MATCHES}
        collecting = await self._notifications.find_one_and_update(
            {**own, **_COLLECTING},
            {"$push": {"matches": shown}, "$inc": {"count": 1}, "$setOnInsert": begun},
            {"_id": 1},
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        assert collecting is not None
        return str(collecting["_id"])

    async def next_due(self, now: datetime, busy: Sequence[str]) -> Notification | None:
        """Return the notification that is due first, of a project that is not busy."""
        query = {
            "state": {"$in": ["collecting", "sending"]},
            "next_attempt_at": {"$lte": now},
            "project_id": {"$nin": list(busy)},
        }
        found = await self._notifications.find_one(query, sort=[("next_attempt_at", ASCENDING)])
        return None if found is None else _read(found)

    async def postpone(self, notification: Notification, until: datetime, detail: str) -> None:
        """Keep a due notification, which collects further matches if it did, until a moment."""
        await self._notifications.update_one(
            _unchanged(notification), {"$set": {"next_attempt_at": until, "detail": detail}}
        )

    async def claim(self, notification: Notification, now: datetime, lease: timedelta) -> Notification | None:
        """Take a due notification; no other process gets it for `lease`. None when another was faster.

        From now on it collects nothing more, so that every attempt sends the same.
        """
        changes = {"state": "sending", "next_attempt_at": now + lease}
        if notification.state == "collecting":
            changes["closed_at"] = now
        found = await self._notifications.find_one_and_update(
            _unchanged(notification),
            {"$set": changes, "$inc": {"attempts": 1}},
            return_document=ReturnDocument.AFTER,
        )
        return None if found is None else _read(found)

    async def settle(self, notification_id: str, fields: Document) -> None:
        """Write the outcome of an attempt."""
        await self._notifications.update_one({"_id": notification_id, "state": "sending"}, {"$set": fields})

    async def retry(self, notification_id: str, now: datetime) -> Notification | None:
        """Send a failed notification again, with the same id and content. None when it has not failed."""
        found = await self._notifications.find_one_and_update(
            {"_id": notification_id, "state": "failed"},
            {"$set": {"state": "sending", "next_attempt_at": now, "attempts": 0, "finished_at": None}},
            return_document=ReturnDocument.AFTER,
        )
        return None if found is None else _read(found)

    async def count_by_state(self, project_id: str) -> dict[str, int]:
        """Return how many notifications of a project are in each state."""
        stages: list[Document] = [
            {"$match": {"project_id": project_id}},
            {"$group": {"_id": "$state", "count": {"$sum": 1}}},
        ]
        found = await self._notifications.aggregate(stages)
        return {str(item["_id"]): int(item["count"]) async for item in found}

    async def find(self, notification_id: str) -> Notification | None:
        """Return a notification by its id."""
        found = await self._notifications.find_one({"_id": notification_id})
        return None if found is None else _read(found)

    async def page(
        self, project_id: str, *, limit: int, before: str | None, where: Document
    ) -> Sequence[Notification]:
        """Return notifications of a project, newest first."""
        query: Document = {"project_id": project_id, **where}
        if before:
            query["_id"] = {"$lt": before}
        found = self._notifications.find(query).sort("_id", DESCENDING).limit(limit)
        return [_read(item) async for item in found]

    async def remove_project(self, project_id: str, until: datetime) -> None:
        """Delete a project's notifications that were created up to a moment, sent or not."""
        await self._notifications.delete_many({"project_id": project_id, "created_at": {"$lte": until}})


def due_at(receiver: Receiver, last: datetime | None, now: datetime) -> datetime:
    """Return when a notification that begins now is sent: after group wait, group interval and quiet hours."""
    due = now + timedelta(seconds=seconds(receiver.group_wait))
    if last is not None:
        due = max(due, last + timedelta(seconds=seconds(receiver.group_interval)))
    quiet_until = receiver.quiet_hours.end_after(due) if receiver.quiet_hours else None
    return quiet_until or due


def _unchanged(notification: Notification) -> Document:
    return {
        "_id": notification.id,
        "state": notification.state,
        "next_attempt_at": notification.next_attempt_at,
        "attempts": notification.attempts,
    }


def _read(document: Document) -> Notification:
    return Notification.model_validate(from_document(document))
