"""Stores the output of runs, compressed: ci_run_outputs."""

import asyncio
import zlib
from datetime import datetime

from logloop_chassis.database.client import Database
from logloop_chassis.ids import utc_now
from pymongo import ASCENDING, IndexModel

from logloop_ci_bridge.runs.output import RunOutput
from logloop_ci_bridge.runs.run import Run

HISTORY_S = 30 * 86_400
"""How long the output is kept in this form. The logs are kept for the project's retention."""


class RunOutputStore:
    """Writes and reads the output of each attempt of a run."""

    def __init__(self, database: Database) -> None:
        self._outputs = database["ci_run_outputs"]

    async def prepare(self) -> None:
        """Create indexes."""
        await self._outputs.create_indexes(
            [
                IndexModel("at", expireAfterSeconds=HISTORY_S),
                IndexModel([("project_id", ASCENDING), ("at", ASCENDING)]),
            ]
        )

    async def save(self, run: Run, output: RunOutput) -> None:
        """Store the output of a run in place of an earlier one."""
        document = {
            "_id": _id(run),
            "project_id": run.project_id,
            "at": utc_now(),
            "content": await asyncio.to_thread(_packed, output),
        }
        await self._outputs.replace_one({"_id": document["_id"]}, document, upsert=True)

    async def find(self, run: Run) -> RunOutput | None:
        """Return the output of the latest attempt of a run, None when it is not stored."""
        found = await self._outputs.find_one({"_id": _id(run)}, {"content": 1})
        return None if found is None else await asyncio.to_thread(_unpacked, found["content"])

    async def remove_project(self, project_id: str, until: datetime) -> None:
        """Delete the output of a project's runs that was stored up to a moment."""
        await self._outputs.delete_many({"project_id": project_id, "at": {"$lte": until}})


def _packed(output: RunOutput) -> bytes:
    return zlib.compress(output.model_dump_json().encode())


def _unpacked(content: bytes) -> RunOutput:
    return RunOutput.model_validate_json(zlib.decompress(content))


def _id(run: Run) -> str:
    return f"{run.project_id}/{run.run_id}/{run.attempt}"
