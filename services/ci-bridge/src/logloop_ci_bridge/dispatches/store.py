"""Stores the outbox of dispatches: ci_dispatches."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from logloop_ci_bridge.dispatches.outbox import Dispatch, cooldown_key
from logloop_ci_bridge.record_store import as_document, from_document

HISTORY_S = 180 * 86_400
"""How long finished dispatches and their dedupe keys are kept."""
_ULID = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b")


@dataclass(frozen=True, slots=True)
class Claim:
    """A dispatch to work on. `unsettled`: an earlier attempt has no known outcome, so its run may already exist."""

    dispatch: Dispatch
    unsettled: bool


class DispatchStore:
    """Writes and claims dispatches."""

    def __init__(self, database: Database) -> None:
        self._dispatches = database["ci_dispatches"]

    async def prepare(self) -> None:
        """Create indexes."""
        await self._dispatches.create_indexes(
            [
                IndexModel([("project_id", ASCENDING), ("dedupe_key", ASCENDING)], unique=True),
                IndexModel([("project_id", ASCENDING), ("_id", DESCENDING)]),
                IndexModel([("project_id", ASCENDING), ("chain_id", ASCENDING), ("_id", ASCENDING)]),
                IndexModel([("project_id", ASCENDING), ("parent_id", ASCENDING), ("_id", DESCENDING)]),
                IndexModel([("project_id", ASCENDING), ("state", ASCENDING)]),
                IndexModel([("project_id", ASCENDING), ("pipeline_id", ASCENDING), ("_id", DESCENDING)]),
                IndexModel("correlation_id"),
                IndexModel("repository"),
                IndexModel([("state", ASCENDING), ("next_attempt_at", ASCENDING)]),
                IndexModel([("state", ASCENDING), ("follow_at", ASCENDING)]),
                IndexModel("finished_at", expireAfterSeconds=HISTORY_S),
                IndexModel(
                    [("announced", ASCENDING), ("finished_at", ASCENDING)],
                    partialFilterExpression={"announced": False},
                ),
            ]
        )

        # A dispatch that was stored without a chain begins one.
        await self._dispatches.update_many({"chain_id": None}, [{"$set": {"chain_id": "$_id", "parent_id": None}}])

    async def add(self, dispatch: Dispatch) -> tuple[Dispatch, bool]:
        """Store a dispatch and return it with True, or return the one with the same dedupe key with False."""
        try:
            await self.insert(dispatch)
        except DuplicateKeyError:
            stored = await self._dispatches.find_one(
                {"project_id": dispatch.project_id, "dedupe_key": dispatch.dedupe_key}
            )
            assert stored is not None
            return _read(stored), False
        return dispatch, True

    async def add_after_cooldown(self, dispatch: Dispatch, cooldown_s: int) -> tuple[Dispatch, bool]:
        """Store a dispatch, or return the latest with a cooldown of its pipeline when that is more recent.

        Of several at the same time, only one is stored: all have the dedupe key that follows from the latest.
        """
        own = {"project_id": dispatch.project_id, "pipeline_id": dispatch.pipeline_id, "cooldown": {"$ne": None}}
        found = await self._dispatches.find_one(own, sort=[("_id", DESCENDING)])
        latest = None if found is None else _read(found)
        if latest is not None and latest.created_at + timedelta(seconds=cooldown_s) > dispatch.created_at:
            return latest, False
        key = cooldown_key(dispatch.pipeline_id, latest.id if latest else None)
        return await self.add(dispatch.model_copy(update={"dedupe_key": key}))

    async def withdraw(self, dispatch_id: str, detail: str, now: datetime) -> Dispatch | None:
        """End a dispatch that was not sent yet, and return it; None when it is being sent or finished."""
        ended = {"state": "failed", "detail": detail, "finished_at": now, "next_attempt_at": None, "waits_for": None}
        found = await self._dispatches.find_one_and_update(
            {"_id": dispatch_id, "state": "pending"}, {"$set": ended}, return_document=ReturnDocument.AFTER
        )
        return None if found is None else _read(found)

    async def insert(self, dispatch: Dispatch, session: AsyncClientSession | None = None) -> None:
        """Store a dispatch, within a transaction if given. Raises DuplicateKeyError."""
        # A dry run is not announced: nothing happened.
        document = {**as_document(dispatch), "announced": dispatch.dry_run, "follow_at": None}
        await self._dispatches.insert_one(document, session=session)

    async def is_stored(self, project_id: str, dedupe_key: str, session: AsyncClientSession) -> bool:
        """Return whether a dispatch with this dedupe key is stored."""
        same = {"project_id": project_id, "dedupe_key": dedupe_key}
        return await self._dispatches.find_one(same, {"_id": 1}, session=session) is not None

    async def remove_project(self, project_id: str, until: datetime) -> None:
        """Delete a project's dispatches that were created up to a moment, sent or not."""
        await self._dispatches.delete_many({"project_id": project_id, "created_at": {"$lte": until}})

    async def claim(self, now: datetime, lease: timedelta, busy: Sequence[str] = ()) -> Claim | None:
        """Take the next dispatch that is due and whose project is not busy; no other process gets it for `lease`.

        The attempt is written before anything is sent, so that a crash leaves the dispatch in `sending`.
        """
        before = await self._dispatches.find_one_and_update(
            {
                "state": {"$in": ["pending", "sending"]},
                "next_attempt_at": {"$lte": now},
                "project_id": {"$nin": list(busy)},
            },
            [
                {
                    "$set": {
                        "state": "sending",
                        "next_attempt_at": now + lease,
                        "attempts": {"$add": ["$attempts", {"$cond": [{"$eq": ["$state", "pending"]}, 1, 0]}]},
                        "posted_at": {"$cond": [{"$eq": ["$state", "pending"]}, now, "$posted_at"]},
                    }
                }
            ],
            sort=[("next_attempt_at", ASCENDING)],
            return_document=ReturnDocument.BEFORE,
        )
        if before is None:
            return None
        unsettled = before["state"] == "sending"
        changes = {} if unsettled else {"attempts": before["attempts"] + 1, "posted_at": now}
        return Claim(_read({**before, **changes, "state": "sending"}), unsettled)

    async def count_attempt(self, dispatch_id: str, now: datetime) -> None:
        """Record that an unsettled dispatch is sent again."""
        await self._dispatches.update_one({"_id": dispatch_id}, {"$set": {"posted_at": now}, "$inc": {"attempts": 1}})

    async def settle(self, dispatch_id: str, fields: Document) -> None:
        """Write the outcome of an attempt, unless the dispatch is already in a final state."""
        await self._dispatches.update_one(
            {"_id": dispatch_id, "state": {"$in": ["pending", "sending"]}}, {"$set": fields}
        )

    async def unannounced(self, limit: int = 50) -> Sequence[Dispatch]:
        """Return final dispatches whose outcome is not published yet."""
        query = {"announced": False, "state": {"$in": ["sent", "failed", "recorded"]}}
        return [
            _read(item) async for item in self._dispatches.find(query).sort("finished_at", ASCENDING).limit(limit)
        ]

    async def announced(self, dispatch_id: str) -> None:
        """Record that the broker confirmed the event."""
        await self._dispatches.update_one({"_id": dispatch_id}, {"$set": {"announced": True}})

    async def next_without_run(self, now: datetime, again_in: timedelta, busy: Sequence[str] = ()) -> Dispatch | None:
        """Take a sent dispatch whose run is unknown and whose project is not busy.

        It is returned again after `again_in` unless a run was linked.
        """
        found = await self._dispatches.find_one_and_update(
            {"follow_at": {"$lte": now}, "state": "sent", "project_id": {"$nin": list(busy)}},
            {"$set": {"follow_at": now + again_in}},
            sort=[("follow_at", ASCENDING)],
            return_document=ReturnDocument.AFTER,
        )
        return None if found is None else _read(found)

    async def link(self, dispatch_id: str, *, run_id: str, run_url: str | None, guessed: bool) -> None:
        """Record the run that a dispatch started."""
        await self._dispatches.update_one(
            {"_id": dispatch_id},
            {
                "$set": {"run_id": run_id, "run_url": run_url, "guessed": guessed, "lost": False},
                "$unset": {"follow_at": 1},
            },
        )

    async def mark_lost(self, dispatch_id: str, detail: str) -> None:
        """Record that GitHub accepted a dispatch, but no run was found."""
        await self._dispatches.update_one(
            {"_id": dispatch_id}, {"$set": {"lost": True, "detail": detail}, "$unset": {"follow_at": 1}}
        )

    async def find(self, dispatch_id: str) -> Dispatch | None:
        """Return a dispatch by its id."""
        found = await self._dispatches.find_one({"_id": dispatch_id})
        return None if found is None else _read(found)

    async def by_correlation(self, project_id: str, correlation_id: str) -> Dispatch | None:
        """Return the dispatch of a project that sent a correlation id."""
        found = await self._dispatches.find_one({"correlation_id": correlation_id, "project_id": project_id})
        return None if found is None else _read(found)

    async def chain_starts(self, project_id: str, *, limit: int, before: str | None, where: Document) -> list[str]:
        """Return the ids of the chains of a project, newest first."""
        query: Document = {"project_id": project_id, "parent_id": None, **where}
        if before:
            query["_id"] = {"$lt": before}
        found = self._dispatches.find(query, {"_id": 1}).sort("_id", DESCENDING).limit(limit)
        return [str(item["_id"]) async for item in found]

    async def of_chains(self, project_id: str, chain_ids: Sequence[str], limit: int) -> Sequence[Dispatch]:
        """Return up to `limit` dispatches of chains, oldest first."""
        query = {"project_id": project_id, "chain_id": {"$in": list(chain_ids)}}
        return [_read(item) async for item in self._dispatches.find(query).sort("_id", ASCENDING).limit(limit)]

    async def of_run(self, project_id: str, run_id: str, title: str) -> Dispatch | None:
        """Return the dispatch of a project that started a run: linked to it, or named in the run's title."""
        either = [{"run_id": run_id}, {"correlation_id": {"$in": _ULID.findall(title)}}]
        found = await self._dispatches.find_one({"project_id": project_id, "$or": either})
        return None if found is None else _read(found)

    async def claimed_runs(self, repository: str, run_ids: Sequence[str]) -> frozenset[str]:
        """Return those of the runs that are linked to a dispatch."""
        query = {"repository": repository, "run_id": {"$in": list(run_ids)}}
        return frozenset([item["run_id"] async for item in self._dispatches.find(query, {"run_id": 1})])

    async def projects_of(self, repository: str) -> frozenset[str]:
        """Return the projects with dispatches to a repository."""
        return frozenset(await self._dispatches.distinct("project_id", {"repository": repository}))

    async def page(self, project_id: str, *, limit: int, before: str | None, where: Document) -> Sequence[Dispatch]:
        """Return dispatches of a project, newest first."""
        query: Document = {"project_id": project_id, **where}
        if before:
            query["_id"] = {"$lt": before}
        return [_read(item) async for item in self._dispatches.find(query).sort("_id", DESCENDING).limit(limit)]

    async def count_by_state(self, project_id: str) -> dict[str, int]:
        """Return the number of dispatches of a project by state."""
        groups: list[Document] = [
            {"$match": {"project_id": project_id}},
            {"$group": {"_id": "$state", "count": {"$sum": 1}}},
            {"$sort": {"_id": 1}},
        ]
        return {item["_id"]: int(item["count"]) async for item in await self._dispatches.aggregate(groups)}

    async def count_chains(self, project_id: str) -> int:
        """Return the number of chains of a project."""
        return await self._dispatches.count_documents({"project_id": project_id, "parent_id": None})

    async def sent_since(self, repository: str, since: datetime) -> int:
        """Count the dispatches that were sent to a repository since a moment."""
        return await self._dispatches.count_documents({"repository": repository, "posted_at": {"$gte": since}})


def _read(document: Document) -> Dispatch:
    return Dispatch.model_validate(from_document(document))
