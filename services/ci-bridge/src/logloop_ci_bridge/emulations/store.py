"""Stores emulations, their output and approvals: ci_emulations, ci_emulation_output, ci_approvals."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from logloop_chassis.database.client import Database, Document
from logloop_chassis.ids import utc_now
from logloop_contracts.emulation import EmulatedRun, Finding
from pymongo import ASCENDING, DESCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from logloop_ci_bridge.emulations.emulation import Approval, Emulation
from logloop_ci_bridge.record_store import as_document, from_document

HISTORY_S = 30 * 86_400
"""How long emulations and their output are kept. Runs and logs are kept longer."""
LOST = "the emulator stopped while it ran this workflow; it is not run again"
NOT_TAKEN = "no emulator took it; start one, see docs/emulation.md"


class EmulationStore:
    """Queues emulations, hands each out once, and keeps their results."""

    def __init__(self, database: Database, *, lease_s: float) -> None:
        self._lease = timedelta(seconds=lease_s)
        self._emulations = database["ci_emulations"]
        self._output = database["ci_emulation_output"]
        self._approvals = database["ci_approvals"]

    async def prepare(self) -> None:
        """Create indexes. Emulators could not report while ci-bridge was down, so leases begin again."""
        await self._emulations.create_index([("project_id", ASCENDING), ("run_id", ASCENDING)], unique=True)
        await self._emulations.create_index([("state", ASCENDING), ("created_at", ASCENDING)])
        await self._emulations.create_index("created_at", expireAfterSeconds=HISTORY_S)
        await self._output.create_index(
            [("emulation_id", ASCENDING), ("job", ASCENDING), ("part", ASCENDING)], unique=True
        )
        await self._output.create_index("created_at", expireAfterSeconds=HISTORY_S)
        await self._approvals.create_index([("project_id", ASCENDING), ("sha256", ASCENDING)], unique=True)
        await self._emulations.update_many({"state": "running"}, {"$max": {"lease_until": utc_now() + self._lease}})

    async def remove_project(self, project_id: str, until: datetime) -> None:
        """Delete what a project created up to a moment."""
        created = {"project_id": project_id, "created_at": {"$lte": until}}
        await self._approvals.delete_many({"project_id": project_id, "approved_at": {"$lte": until}})
        await self._output.delete_many(created)
        await self._emulations.delete_many(created)

    # -- approvals

    async def approve(self, approval: Approval) -> None:
        """Store an approval in place of an earlier one for the same content."""
        same = {"project_id": approval.project_id, "sha256": approval.sha256}
        await self._approvals.replace_one(same, approval.model_dump(mode="python"), upsert=True)

    async def revoke(self, project_id: str, sha256: str) -> bool:
        """Delete an approval. Return whether there was one."""
        deleted = await self._approvals.delete_one({"project_id": project_id, "sha256": sha256})
        return deleted.deleted_count > 0

    async def approval(self, project_id: str, sha256: str) -> Approval | None:
        """Return the approval of a content."""
        found = await self._approvals.find_one({"project_id": project_id, "sha256": sha256})
        return None if found is None else Approval.model_validate(found)

    async def approvals(self, project_id: str, limit: int) -> Sequence[Approval]:
        """Return the approvals of a project, newest first."""
        found = self._approvals.find({"project_id": project_id}).sort("approved_at", DESCENDING).limit(limit)
        return [Approval.model_validate(item) async for item in found]

    # -- emulations

    async def add(self, emulation: Emulation) -> Emulation:
        """Queue an emulation, or return the one that is stored with its id."""
        try:
            await self._emulations.insert_one(as_document(emulation))
        except DuplicateKeyError:
            stored = await self._emulations.find_one({"_id": emulation.id})
            assert stored is not None
            return _read(stored)
        return emulation

    async def claim(self, now: datetime, held: Sequence[str]) -> Emulation | None:
        """Hand out the oldest queued emulation of a project that is not held. No other call gets it."""
        found = await self._emulations.find_one_and_update(
            {"state": "queued", "project_id": {"$nin": list(held)}},
            {"$set": {"state": "running", "claimed_at": now, "lease_until": now + self._lease}},
            sort=[("created_at", ASCENDING)],
            return_document=ReturnDocument.AFTER,
        )
        return None if found is None else _read(found)

    async def extend(self, emulation_id: str, now: datetime) -> bool:
        """Extend the lease of a running emulation. Return False when it no longer runs, so that it must stop."""
        changed = await self._emulations.update_one(
            {"_id": emulation_id, "state": "running"}, {"$set": {"lease_until": now + self._lease}}
        )
        return changed.matched_count > 0

    async def add_output(self, emulation_id: str, job: int, part: int, text: bytes) -> bool:
        """Store a part of the output of a job once. Return False when the emulation does not run."""
        running = await self._emulations.find_one(
            {"_id": emulation_id, "state": "running"}, {"project_id": 1, "created_at": 1}
        )
        if running is None:
            return False
        same = {"emulation_id": emulation_id, "job": job, "part": part}
        more = {"text": text, "project_id": running["project_id"], "created_at": running["created_at"]}
        await self._output.update_one(same, {"$set": more}, upsert=True)
        return True

    async def output(self, emulation_id: str, job: int) -> bytes:
        """Return the output of a job."""
        parts = self._output.find({"emulation_id": emulation_id, "job": job}).sort("part", ASCENDING)
        return b"".join([part["text"] async for part in parts])

    async def complete(self, emulation_id: str, result: EmulatedRun, now: datetime) -> Emulation | None:
        """Store the result of a running emulation. Return None when it does not run."""
        found = await self._emulations.find_one_and_update(
            {"_id": emulation_id, "state": "running"},
            {"$set": {"state": "completed", "completed_at": now, "result": result.model_dump(mode="python")}},
            return_document=ReturnDocument.AFTER,
        )
        return None if found is None else _read(found)

    async def cancel(self, project_id: str, run_id: str, now: datetime) -> bool:
        """End an emulation that has not completed. Return whether there was one."""
        result = EmulatedRun(conclusion="cancelled", started_at=now, completed_at=now)
        fields = {"state": "completed", "completed_at": now, "result": result.model_dump(mode="python")}
        changed = await self._emulations.update_one(
            {"project_id": project_id, "run_id": run_id, "state": {"$in": ["queued", "running"]}}, {"$set": fields}
        )
        return changed.modified_count > 0

    async def find_run(self, project_id: str, run_id: str, now: datetime, queue_limit: timedelta) -> Emulation | None:
        """Return the emulation of a run. One whose emulator stopped reporting, or that none took, becomes lost."""
        query = {"project_id": project_id, "run_id": run_id}
        for late, detail in (
            ({"state": "running", "lease_until": {"$lt": now}}, LOST),
            ({"state": "queued", "created_at": {"$lt": now - queue_limit}}, NOT_TAKEN),
        ):
            await self._emulations.update_one({**query, **late}, {"$set": _lost(now, detail)})
        found = await self._emulations.find_one(query)
        return None if found is None else _read(found)

    async def find(self, emulation_id: str) -> Emulation | None:
        """Return an emulation by its id."""
        found = await self._emulations.find_one({"_id": emulation_id})
        return None if found is None else _read(found)

    async def since(self, project_id: str, since: datetime) -> Sequence[Emulation]:
        """Return the emulations of a project since a moment, newest first, at most 1,000."""
        query = {"project_id": project_id, "created_at": {"$gte": since}}
        found = self._emulations.find(query).sort("created_at", DESCENDING).limit(1000)
        return [_read(item) async for item in found]


def _lost(now: datetime, detail: str) -> Document:
    finding = Finding(level="error", code="lost", message=detail)
    result = EmulatedRun(conclusion="failure", started_at=now, completed_at=now, findings=[finding])
    return {"state": "completed", "lost": True, "completed_at": now, "result": result.model_dump(mode="python")}


def _read(document: Document) -> Emulation:
    return Emulation.model_validate(from_document(document))
