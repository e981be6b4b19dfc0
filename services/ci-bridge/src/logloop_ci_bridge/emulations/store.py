"""Stores emulations and their output: ci_emulations, ci_emulation_output."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from logloop_chassis.database.client import Database, Document
from logloop_contracts.ci import RunConclusion
from logloop_contracts.emulation import MAX_OUTPUT, EmulatedRun, EmulationProgress, Finding
from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from logloop_ci_bridge.emulations.emulation import Emulation
from logloop_ci_bridge.record_store import as_document, from_document

HISTORY_S = 30 * 86_400
"""How long emulations and their output are kept. Runs and logs are kept longer."""
_MAX_STORED = 4 * MAX_OUTPUT
"""Bytes of output of one emulation, whatever its emulator sends."""
LOST = "the emulator stopped while it ran this workflow; it is not run again"
NOT_TAKEN = "no emulator took it; start one, see docs/emulation.md"


class EmulationStore:
    """Queues emulations, hands each out once, and keeps what is reported of them."""

    def __init__(self, database: Database, *, lease_s: float) -> None:
        self._lease = timedelta(seconds=lease_s)
        self._emulations = database["ci_emulations"]
        self._output = database["ci_emulation_output"]

    async def prepare(self) -> None:
        """Create indexes."""
        await self._emulations.create_indexes(
            [
                IndexModel([("project_id", ASCENDING), ("run_id", ASCENDING)], unique=True),
                IndexModel([("state", ASCENDING), ("created_at", ASCENDING)]),
            ]
        )
        running: Document = {"state": "running", "claim_key": {"$exists": True}}
        await self._emulations.create_indexes(
            [
                IndexModel("claim_key", unique=True, partialFilterExpression=running),
                IndexModel("created_at", expireAfterSeconds=HISTORY_S),
            ]
        )
        await self._output.create_indexes(
            [
                IndexModel([("emulation_id", ASCENDING), ("job", ASCENDING), ("part", ASCENDING)], unique=True),
                IndexModel("created_at", expireAfterSeconds=HISTORY_S),
            ]
        )

    async def remove_project(self, project_id: str, until: datetime) -> None:
        """Delete what a project created up to a moment."""
        created = {"project_id": project_id, "created_at": {"$lte": until}}
        await self._output.delete_many(created)
        await self._emulations.delete_many(created)

    async def add(self, emulation: Emulation) -> Emulation:
        """Queue an emulation, or return the one that is stored with its id."""
        try:
            await self._emulations.insert_one(as_document(emulation))
        except DuplicateKeyError:
            stored = await self._emulations.find_one({"_id": emulation.id})
            assert stored is not None
            return _read(stored)
        return emulation

    async def claim(self, key: str, now: datetime, held: Sequence[str]) -> Emulation | None:
        """Hand out the oldest queued emulation of a project that is not held. Only calls with the same key get it."""
        lease = {"claimed_at": now, "lease_until": now + self._lease, "claim_key": key}
        mine: Document = {"state": "running", "claim_key": key}
        found = await self._emulations.find_one(mine)
        if found is None:
            try:
                found = await self._emulations.find_one_and_update(
                    {"state": "queued", "project_id": {"$nin": list(held)}},
                    {"$set": {"state": "running", **lease}},
                    sort=[("created_at", ASCENDING)],
                    return_document=ReturnDocument.AFTER,
                )
            except DuplicateKeyError:  # another request with this key was faster
                found = await self._emulations.find_one(mine)
        return None if found is None else _read(found)

    async def report(self, emulation_id: str, progress: EmulationProgress, now: datetime) -> bool:
        """Store what is known of a running emulation and extend its lease.

        Returns False when it no longer runs, so that it must stop.
        """
        fields = {
            "progress": progress.model_dump(mode="python"),
            "lease_until": now + self._lease,
            "overdue": False,
        }
        changed = await self._emulations.update_one({"_id": emulation_id, "state": "running"}, {"$set": fields})
        return changed.matched_count > 0

    async def add_output(self, emulation_id: str, job: int, part: int, text: bytes) -> bool:
        """Store a part of the output of a job once. Return False when the emulation does not run."""
        running = await self._emulations.find_one_and_update(
            {"_id": emulation_id, "state": "running"},
            {"$inc": {"output_bytes": len(text)}},
            projection={"project_id": 1, "created_at": 1, "output_bytes": 1},
        )
        if running is None or running.get("output_bytes", 0) > _MAX_STORED:
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
        """End an emulation that has not completed, with what it printed so far. Return whether there was one."""
        found = await self.of_run(project_id, run_id)
        return found is not None and await self._end(found, "cancelled", now)

    async def find_run(self, project_id: str, run_id: str, now: datetime, queue_limit: timedelta) -> Emulation | None:
        """Return the emulation of a run. One whose emulator stopped reporting, or that none took, becomes lost.

        An expired lease is renewed once, because emulators cannot report while ci-bridge or MongoDB is unavailable.
        """
        emulation = await self.of_run(project_id, run_id)
        if emulation is None:
            return None
        lease_over = emulation.lease_until is not None and emulation.lease_until < now
        if emulation.state == "running" and lease_over and not emulation.overdue:
            await self._emulations.update_one(
                {"_id": emulation.id, "state": "running", "lease_until": emulation.lease_until},
                {"$set": {"lease_until": now + self._lease, "overdue": True}},
            )
        elif emulation.state == "running" and lease_over:
            await self._end(emulation, "failure", now, LOST)
        elif emulation.state == "queued" and emulation.created_at < now - queue_limit:
            await self._end(emulation, "failure", now, NOT_TAKEN)
        else:
            return emulation
        return await self.of_run(project_id, run_id)

    async def _end(
        self, emulation: Emulation, conclusion: RunConclusion, now: datetime, lost: str | None = None
    ) -> bool:
        """Complete an emulation that did not end by itself, unless its state or lease has changed since."""
        findings = [Finding(level="error", code="lost", message=lost)] if lost else []
        result = emulation.interrupted(conclusion, now, findings)
        same: Document = {"_id": emulation.id, "state": {"$in": ["queued", "running"]}}
        if lost:
            same |= {"state": emulation.state, "lease_until": emulation.lease_until}
        changed = await self._emulations.update_one(
            same,
            {
                "$set": {
                    "state": "completed",
                    "lost": lost is not None,
                    "completed_at": now,
                    "result": result.model_dump(mode="python"),
                }
            },
        )
        return changed.modified_count > 0

    async def of_run(self, project_id: str, run_id: str) -> Emulation | None:
        """Return the emulation of a run as it is."""
        found = await self._emulations.find_one({"project_id": project_id, "run_id": run_id})
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


def _read(document: Document) -> Emulation:
    return Emulation.model_validate(from_document(document))
