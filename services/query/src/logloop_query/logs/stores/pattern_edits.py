"""Stores what people have decided about templates: merged, split, named or pinned."""

from dataclasses import dataclass
from typing import Literal

from logloop_chassis.database.client import Database
from logloop_contracts.patterns.edits import MAX_EDITS

from logloop_query.records.store import RecordStore

EditAction = Literal["merge", "split"]


@dataclass(frozen=True, slots=True)
class PatternEdit:
    """What people have decided about the template with one text."""

    template: str
    action: EditAction | None
    name: str | None
    pinned: bool


class PatternEditStore(RecordStore):
    """Collection `pattern_edits`: `{template, action, name, pinned}`; the id is that of the template."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "pattern_edits")

    async def of_project(self, project_id: str) -> list[PatternEdit]:
        """Return the edits of a project."""
        found = await self.page(project_id, after=None, limit=MAX_EDITS)
        return [PatternEdit(item["template"], item["action"], item["name"], item["pinned"]) for item in found]
