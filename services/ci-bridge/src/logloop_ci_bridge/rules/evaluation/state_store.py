"""Stores when each rule fired and its latest evaluations: ci_rule_state."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from logloop_chassis.database.client import Database, Document
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from logloop_ci_bridge.actions.request import ActionRequest
from logloop_ci_bridge.actions.store import RequestStore
from logloop_ci_bridge.dispatches.outbox import Dispatch
from logloop_ci_bridge.dispatches.store import DispatchStore
from logloop_ci_bridge.notifications.notification import NotifiedMatch
from logloop_ci_bridge.notifications.receivers import Receiver
from logloop_ci_bridge.notifications.store import NotificationStore
from logloop_ci_bridge.rules.evaluation.evaluation import Evaluation
from logloop_ci_bridge.rules.rule import Gate, Rule, RuleState

KEPT_EVALUATIONS = 50
KEPT_KEYS = 500
"""Dedupe keys of a rule: more than it may fire within a day."""


@dataclass(frozen=True)
class Firing:
    """What a rule starts when it fires."""

    rule: Rule
    dedupe_key: str
    notified: NotifiedMatch
    dispatch: Dispatch | None = None
    receivers: Sequence[Receiver] = ()
    requests: Sequence[ActionRequest] = ()


@dataclass(frozen=True)
class Fired:
    """The result of an attempt to fire: the gate that is closed, or the notifications that tell of it."""

    gate: Gate | None = None
    notifications: Sequence[str] = ()


Decide = Callable[[RuleState], Gate | None]
"""Returns the gate that is closed in a state of a rule, None when the rule may fire."""
Describe = Callable[[Dispatch, RuleState], Dispatch]
"""Returns a dispatch with the gates of its rule in a state."""


class RuleStateStore:
    """Writes the state of rules, with what a rule that fires starts in the same transaction."""

    def __init__(
        self,
        client: AsyncMongoClient[Document],
        database: Database,
        dispatches: DispatchStore,
        notifications: NotificationStore,
        requests: RequestStore,
    ) -> None:
        self._client = client
        self._states = database["ci_rule_state"]
        self._rules = database["ci_rules"]
        self._dispatches = dispatches
        self._notifications = notifications
        self._requests = requests

    async def prepare(self) -> None:
        """Create indexes."""
        await self._states.create_index("project_id")

    async def fire(self, firing: Firing, decide: Decide, describe: Describe, now: datetime) -> Fired:
        """Store what a rule starts, its dispatch with its gates, and that the rule fired, unless a gate is closed.

        The gate is `duplicate` when the firing is already stored, and `no_rule` when the rule was deleted.
        """

        async def transact(session: AsyncClientSession) -> Fired:
            return await self._fire(firing, decide, describe, now, session)

        async with self._client.start_session() as session:
            try:
                return await session.with_transaction(transact)
            except DuplicateKeyError:
                return Fired("duplicate")

    async def _fire(
        self, firing: Firing, decide: Decide, describe: Describe, now: datetime, session: AsyncClientSession
    ) -> Fired:
        rule = firing.rule
        if await self._dispatches.is_stored(rule.project_id, firing.dedupe_key, session):
            return Fired("duplicate")
        if await self._rules.find_one({"_id": rule.id}, {"_id": 1}, session=session) is None:
            return Fired("no_rule")
        wanted = {"fired_at": 1, "fired_keys": 1}
        stored = await self._states.find_one({"_id": rule.id}, wanted, session=session)
        if firing.dedupe_key in (stored or {}).get("fired_keys", ()):
            return Fired("duplicate")
        state = _state(stored)
        gate = decide(state)
        if gate is not None:
            return Fired(gate)
        if firing.dispatch is not None:
            await self._dispatches.insert(describe(firing.dispatch, state), session)
        notifications = [
            await self._notifications.collect(receiver, firing.notified, now, session)
            for receiver in firing.receivers
        ]
        for request in firing.requests:
            await self._requests.insert(request, session)
        changes: Document = {
            "$set": {"fired_at": list(state.after(now).fired_at), "project_id": rule.project_id},
            "$push": {"fired_keys": {"$each": [firing.dedupe_key], "$slice": -KEPT_KEYS}},
        }
        await self._states.update_one({"_id": rule.id}, changes, upsert=True, session=session)
        return Fired(notifications=notifications)

    async def find(self, rule_id: str) -> RuleState:
        """Return when a rule fired within the last day."""
        return _state(await self._states.find_one({"_id": rule_id}, {"fired_at": 1}))

    async def add_evaluations(self, rule_id: str, project_id: str, evaluations: Sequence[Evaluation]) -> None:
        """Keep the latest evaluations of a rule, unless the rule was deleted."""
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
        """Return the latest evaluations of a rule, newest first."""
        state = await self._states.find_one({"_id": rule_id}, {"evaluations": 1})
        found = [Evaluation.model_validate(item) for item in (state or {}).get("evaluations", [])]
        return list(reversed(found))

    async def blocked_by_origin(
        self, project_id: str, correlation_ids: Sequence[str]
    ) -> Sequence[tuple[str, Evaluation]]:
        """Return the ids of rules that a gate kept from firing on what these dispatches caused, with the evaluations.

        Only the latest evaluations of each rule are stored.
        """
        wanted = set(correlation_ids)
        query = {"project_id": project_id, "evaluations.correlation_id": {"$in": sorted(wanted)}}
        return [
            (str(state["_id"]), Evaluation.model_validate(item))
            async for state in self._states.find(query, {"evaluations": 1})
            for item in state["evaluations"]
            if item.get("correlation_id") in wanted and item["outcome"] == "blocked"
        ]

    async def delete(self, rule_id: str) -> None:
        """Delete the state of a deleted rule."""
        await self._states.delete_one({"_id": rule_id})

    async def remove_project(self, project_id: str, until: datetime) -> None:  # noqa: ARG002  # states have no age
        """Delete the state of a project's deleted rules."""
        rules = await self._rules.distinct("_id", {"project_id": project_id})
        await self._states.delete_many({"project_id": project_id, "_id": {"$nin": rules}})


def _state(document: Document | None) -> RuleState:
    return RuleState(tuple((document or {}).get("fired_at", ())))
