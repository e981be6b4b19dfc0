"""Stores how often each rule fired or did not fire: ci_rule_history, at most 169 documents of a rule."""

from collections.abc import Sequence
from datetime import datetime

from logloop_chassis.database.client import Database
from pymongo import ASCENDING, IndexModel, UpdateOne

from logloop_ci_bridge.rules.firing.history import KEPT, Hour, HourOfRule, hour_of


class RuleHistoryStore:
    """Writes and reads the hours."""

    def __init__(self, database: Database) -> None:
        self._hours = database["ci_rule_history"]
        self._rules = database["ci_rules"]

    async def prepare(self) -> None:
        """Create indexes."""
        await self._hours.create_indexes(
            [
                IndexModel([("rule_id", ASCENDING), ("at", ASCENDING)]),
                IndexModel("project_id"),
                IndexModel("at", expireAfterSeconds=int(KEPT.total_seconds())),
            ]
        )

    async def add(self, hours: Sequence[HourOfRule]) -> None:
        """Add to hours, except those of rules that were deleted."""
        ids = list({hour.rule_id for hour in hours})
        known = set(await self._rules.distinct("_id", {"_id": {"$in": ids}}))
        changes = [_change(hour) for hour in hours if hour.rule_id in known]
        if changes:
            await self._hours.bulk_write(changes, ordered=False)

    async def of_rule(self, rule_id: str, since: datetime) -> Sequence[Hour]:
        """Return the hours of a rule since a moment, oldest first. Hours without an evaluation are left out."""
        query = {"rule_id": rule_id, "at": {"$gte": hour_of(since)}}
        return [Hour.model_validate(item) async for item in self._hours.find(query).sort("at", ASCENDING)]

    async def remove_project(self, project_id: str, until: datetime) -> None:  # noqa: ARG002  # hours end by themselves
        """Delete the hours of a project's deleted rules."""
        rules = await self._rules.distinct("_id", {"project_id": project_id})
        await self._hours.delete_many({"project_id": project_id, "rule_id": {"$nin": rules}})


def _change(hour: HourOfRule) -> UpdateOne:
    own = {"rule_id": hour.rule_id, "project_id": hour.project_id, "at": hour.at}
    latest = {f"latest.{name}": item.model_dump() for name, item in hour.latest.items()}
    return UpdateOne(
        {"_id": f"{hour.rule_id}/{hour.at:%Y%m%d%H}"},
        {
            "$inc": {f"counts.{name}": count for name, count in hour.counts.items()},
            "$set": latest,
            "$setOnInsert": own,
        },
        upsert=True,
    )
