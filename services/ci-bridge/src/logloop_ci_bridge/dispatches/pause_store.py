"""Stores what is paused: ci_pauses. It is read before each use, so that a pause holds in every process at once."""

from datetime import datetime

from logloop_chassis.database.client import Database

from logloop_ci_bridge.dispatches.pauses import Pause, PauseState

_EVERYTHING = "*"
"""No project has this id."""


class PauseStore:
    """Writes and reads the kill switch. Project None stands for the whole installation."""

    def __init__(self, database: Database) -> None:
        self._pauses = database["ci_pauses"]

    async def pause(self, project_id: str | None, pause: Pause) -> None:
        """Hold a project, or everything."""
        await self._pauses.replace_one({"_id": project_id or _EVERYTHING}, pause.model_dump(), upsert=True)

    async def resume(self, project_id: str | None) -> None:
        """Go on."""
        await self._pauses.delete_one({"_id": project_id or _EVERYTHING})

    async def state(self, project_id: str | None) -> PauseState:
        """Return what holds a project; None: what holds everything."""
        wanted = [_EVERYTHING, *([project_id] if project_id else [])]
        found = {item["_id"]: item async for item in self._pauses.find({"_id": {"$in": wanted}})}
        project = found.get(project_id) if project_id else None
        everything = found.get(_EVERYTHING)
        return PauseState(
            paused=bool(found),
            project=Pause.model_validate(project) if project else None,
            everything=Pause.model_validate(everything) if everything else None,
        )

    async def held(self) -> list[str] | None:
        """Return the projects that are paused; None when everything is."""
        projects = [str(item["_id"]) async for item in self._pauses.find({}, {"_id": 1})]
        return None if _EVERYTHING in projects else projects

    async def remove_project(self, project_id: str, until: datetime) -> None:
        """Resume a deleted project: a new one of the same id starts without the pause."""
        await self._pauses.delete_one({"_id": project_id, "at": {"$lte": until}})
