"""The outbox ci_dispatches and, in the same transactions, when each rule fired.

It must not decide what may fire; it only makes decision and record one step that a crash cannot split.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, DESCENDING, AsyncMongoClient, ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from logloop_ci_bridge.dispatches.outbox import Dispatch
from logloop_ci_bridge.record_store import as_document, from_document
from logloop_ci_bridge.rules.evaluation import Evaluation
from logloop_ci_bridge.rules.rule import RuleState

KEPT_EVALUATIONS = 50
HISTORY_S = 180 * 86_400
"""How long finished dispatches are kept, and with them their dedupe keys."""
_ULID = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b")


@dataclass(frozen=True, slots=True)
class Claim:
    """A dispatch to work on. `unsettled`: an earlier attempt did not end, so its run may exist already."""

    dispatch: Dispatch
    unsettled: bool


Decide = Callable[[RuleState], Any]
"""From a rule's state to the gate that is closed, or None to go on."""


class DispatchStore:
    """Writes and claims dispatches."""

    def __init__(self, client: AsyncMongoClient[Document], database: Database) -> None:
        self._client = client
        self._dispatches = database["ci_dispatches"]
        self._states = database["ci_rule_state"]
        self._rules = database["ci_rules"]

    async def prepare(self) -> None:
        """Create indexes."""
        await self._dispatches.create_index([("project_id", ASCENDING), ("dedupe_key", ASCENDING)], unique=True)
        await self._dispatches.create_index([("project_id", ASCENDING), ("_id", DESCENDING)])
        await self._dispatches.create_index("correlation_id")
        await self._dispatches.create_index("repository")
        await self._dispatches.create_index([("state", ASCENDING), ("next_attempt_at", ASCENDING)])
        await self._dispatches.create_index([("state", ASCENDING), ("follow_at", ASCENDING)])
        await self._dispatches.create_index("finished_at", expireAfterSeconds=HISTORY_S)
        await self._dispatches.create_index(
            [("announced", ASCENDING), ("finished_at", ASCENDING)], partialFilterExpression={"announced": False}
        )
        await self._states.create_index("project_id")

    async def add(self, dispatch: Dispatch) -> tuple[Dispatch, bool]:
        """Store a dispatch; when its dedupe key is known, answer the one that has it and False."""
        try:
            await self._dispatches.insert_one(_new_document(dispatch))
        except DuplicateKeyError:
            known = await self._dispatches.find_one(
                {"project_id": dispatch.project_id, "dedupe_key": dispatch.dedupe_key}
            )
            assert known is not None
            return _read(known), False
        return dispatch, True

    async def fire(self, dispatch: Dispatch, decide: Decide, now: datetime) -> Any:
        """Store a rule's dispatch and that it fired, unless a gate is closed.

        Returns the closed gate, `duplicate` when the dispatch was stored before, `no_rule` when the rule was deleted
        meanwhile, or None when the dispatch is new.
        """

        async def transact(session: AsyncClientSession) -> Any:
            return await self._fire(dispatch, decide, now, session)

        async with self._client.start_session() as session:
            try:
                return await session.with_transaction(transact)
            except DuplicateKeyError:
                return "duplicate"

    async def _fire(self, dispatch: Dispatch, decide: Decide, now: datetime, session: AsyncClientSession) -> Any:
        same = {"project_id": dispatch.project_id, "dedupe_key": dispatch.dedupe_key}
        if await self._dispatches.find_one(same, {"_id": 1}, session=session) is not None:
            return "duplicate"
        if await self._rules.find_one({"_id": dispatch.rule_id}, {"_id": 1}, session=session) is None:
            return "no_rule"
        state = await self._states.find_one({"_id": dispatch.rule_id}, {"fired_at": 1}, session=session)
        current = RuleState(tuple((state or {}).get("fired_at", ())))
        gate = decide(current)
        if gate is not None:
            return gate
        await self._dispatches.insert_one(_new_document(dispatch), session=session)
        fired = {"fired_at": list(current.after(now).fired_at), "project_id": dispatch.project_id}
        await self._states.update_one({"_id": dispatch.rule_id}, {"$set": fired}, upsert=True, session=session)
        return None

    async def state_of(self, rule_id: str) -> RuleState:
        """When a rule fired within the last day."""
        state = await self._states.find_one({"_id": rule_id}, {"fired_at": 1})
        return RuleState(tuple((state or {}).get("fired_at", ())))

    async def remember(self, rule_id: str, project_id: str, evaluations: Sequence[Evaluation]) -> None:
        """Keep a rule's latest evaluations, unless the rule was deleted meanwhile."""
        if await self._rules.find_one({"_id": rule_id}, {"_id": 1}) is None:
            return
        await self._states.update_one(
            {"_id": rule_id},
            {
                "$push": {
                    "evaluations": {
                        "$each": [item.model_dump(mode="python") for item in evaluations],
                        "$slice": -KEPT_EVALUATIONS,
                    }
                },
                "$set": {"project_id": project_id},
            },
            upsert=True,
        )

    async def evaluations(self, rule_id: str) -> Sequence[Evaluation]:
        """A rule's latest evaluations, newest first."""
        state = await self._states.find_one({"_id": rule_id}, {"evaluations": 1})
        found = [Evaluation.model_validate(item) for item in (state or {}).get("evaluations", [])]
        return list(reversed(found))

    async def forget_rule(self, rule_id: str) -> None:
        """Drop the state of a deleted rule."""
        await self._states.delete_one({"_id": rule_id})

    async def remove_project(self, project_id: str, until: datetime) -> None:
        """Delete a project's dispatches made up to a moment, sent or not, and the state of rules that are gone."""
        await self._dispatches.delete_many({"project_id": project_id, "created_at": {"$lte": until}})
        rules = await self._rules.distinct("_id", {"project_id": project_id})
        await self._states.delete_many({"project_id": project_id, "_id": {"$nin": rules}})

    async def claim(self, now: datetime, lease: timedelta, busy: Sequence[str] = ()) -> Claim | None:
        """Take the next dispatch that is due, of no busy project; nobody else gets it while the lease lasts.

        The attempt is written before anything is sent, so that a crash leaves a row in `sending`.
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

    async def again(self, dispatch_id: str, now: datetime) -> None:
        """Note that an unsettled dispatch is sent once more."""
        await self._dispatches.update_one({"_id": dispatch_id}, {"$set": {"posted_at": now}, "$inc": {"attempts": 1}})

    async def settle(self, dispatch_id: str, fields: Document) -> None:
        """Write what an attempt came to; a state that is final already stays."""
        await self._dispatches.update_one(
            {"_id": dispatch_id, "state": {"$in": ["pending", "sending"]}}, {"$set": fields}
        )

    async def next_due(self) -> datetime | None:
        """When the next dispatch wants to be sent."""
        row = await self._dispatches.find_one(
            {"state": {"$in": ["pending", "sending"]}}, {"next_attempt_at": 1}, sort=[("next_attempt_at", ASCENDING)]
        )
        return row["next_attempt_at"] if row else None

    async def unannounced(self, limit: int = 50) -> Sequence[Dispatch]:
        """Final dispatches that nobody was told about yet."""
        query = {"announced": False, "state": {"$in": ["sent", "failed", "recorded"]}}
        return [
            _read(item) async for item in self._dispatches.find(query).sort("finished_at", ASCENDING).limit(limit)
        ]

    async def announced(self, dispatch_id: str) -> None:
        """Note that the event was confirmed by the broker."""
        await self._dispatches.update_one({"_id": dispatch_id}, {"$set": {"announced": True}})

    async def to_follow(self, now: datetime, again_in: timedelta, busy: Sequence[str] = ()) -> Dispatch | None:
        """A sent dispatch whose run is not known, of no busy project; it comes again unless something changes."""
        found = await self._dispatches.find_one_and_update(
            {"follow_at": {"$lte": now}, "state": "sent", "project_id": {"$nin": list(busy)}},
            {"$set": {"follow_at": now + again_in}},
            sort=[("follow_at", ASCENDING)],
            return_document=ReturnDocument.AFTER,
        )
        return None if found is None else _read(found)

    async def link(self, dispatch_id: str, *, run_id: str, run_url: str | None, guessed: bool) -> None:
        """Note the run that a dispatch started."""
        await self._dispatches.update_one(
            {"_id": dispatch_id},
            {
                "$set": {"run_id": run_id, "run_url": run_url, "guessed": guessed, "lost": False},
                "$unset": {"follow_at": 1},
            },
        )

    async def lose(self, dispatch_id: str, detail: str) -> None:
        """Note that GitHub took a dispatch and no run started."""
        await self._dispatches.update_one(
            {"_id": dispatch_id}, {"$set": {"lost": True, "detail": detail}, "$unset": {"follow_at": 1}}
        )

    async def get(self, dispatch_id: str) -> Dispatch | None:
        """A dispatch by id."""
        found = await self._dispatches.find_one({"_id": dispatch_id})
        return None if found is None else _read(found)

    async def of_run(self, project_id: str, run_id: str, title: str) -> Dispatch | None:
        """The dispatch of a project that started a run: linked to it, or named in its title."""
        names = [{"run_id": run_id}, {"correlation_id": {"$in": _ULID.findall(title)}}]
        found = await self._dispatches.find_one({"project_id": project_id, "$or": names})
        return None if found is None else _read(found)

    async def claimed_runs(self, repository: str, run_ids: Sequence[str]) -> frozenset[str]:
        """Which of these runs belong to a dispatch already."""
        query = {"repository": repository, "run_id": {"$in": list(run_ids)}}
        return frozenset([item["run_id"] async for item in self._dispatches.find(query, {"run_id": 1})])

    async def projects_of(self, repository: str) -> frozenset[str]:
        """Projects that sent something to a repository."""
        return frozenset(await self._dispatches.distinct("project_id", {"repository": repository}))

    async def page(self, project_id: str, *, limit: int, before: str | None, where: Document) -> Sequence[Dispatch]:
        """Dispatches of a project, newest first."""
        query: Document = {"project_id": project_id, **where}
        if before:
            query["_id"] = {"$lt": before}
        return [_read(item) async for item in self._dispatches.find(query).sort("_id", DESCENDING).limit(limit)]

    async def sent_since(self, repository: str, since: datetime) -> int:
        """How many dispatches a repository got."""
        return await self._dispatches.count_documents({"repository": repository, "posted_at": {"$gte": since}})


def _new_document(dispatch: Dispatch) -> Document:
    # Nobody is told of a dry run: nothing happened.
    return {**as_document(dispatch), "announced": dispatch.dry_run, "follow_at": None}


def _read(document: Document) -> Dispatch:
    return Dispatch.model_validate(from_document(document))
