"""Stores changes until query has them in the audit trail: ci_audit_outbox."""

from collections.abc import Sequence

from logloop_chassis.database.client import Database
from logloop_contracts.audit import AuditedChange
from pymongo import ASCENDING


class ChangeOutbox:
    """Changes in the order in which they were made."""

    def __init__(self, database: Database) -> None:
        self._changes = database["ci_audit_outbox"]

    async def add(self, change: AuditedChange) -> None:
        """Store a change."""
        await self._changes.insert_one({**change.model_dump(mode="python", exclude={"id"}), "_id": change.id})

    async def waiting(self, limit: int) -> Sequence[AuditedChange]:
        """Return the oldest changes that are not reported."""
        found = self._changes.find().sort("_id", ASCENDING).limit(limit)
        return [AuditedChange.model_validate({**item, "id": item["_id"]}) async for item in found]

    async def reported(self, change_id: str) -> None:
        """Remove a change that query has."""
        await self._changes.delete_one({"_id": change_id})
