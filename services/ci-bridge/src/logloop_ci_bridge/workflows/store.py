"""Stores workflow files as they were read (ci_workflow_files) and the repositories to read (ci_repositories)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from logloop_chassis.database.client import Database, Document
from logloop_chassis.ids import utc_now
from pymongo import ASCENDING, IndexModel, ReturnDocument

from logloop_ci_bridge.record_store import as_document, from_document
from logloop_ci_bridge.workflows.workflow_record import RepositoryState, WorkflowRecord

_WITHOUT_TEXT = {"text": 0, "blob": 0}


@dataclass(frozen=True, slots=True)
class WatchedRepository:
    """A repository of a project that is due to be read."""

    project_id: str
    repository: str
    commit: str | None


@dataclass(frozen=True, slots=True)
class StoredText:
    """The text of a workflow file, with GitHub's id of its content."""

    text: str
    blob: str | None = None


class WorkflowStore:
    """Writes workflow files and what is known of their repositories."""

    def __init__(self, database: Database) -> None:
        self._files = database["ci_workflow_files"]
        self._repositories = database["ci_repositories"]

    async def prepare(self) -> None:
        """Create indexes."""
        await self._files.create_index(
            [("project_id", ASCENDING), ("repository", ASCENDING), ("path", ASCENDING)], unique=True
        )
        await self._repositories.create_indexes(
            [
                IndexModel([("due_at", ASCENDING)]),
                IndexModel([("project_id", ASCENDING), ("repository", ASCENDING)], unique=True),
            ]
        )

    # --- files

    async def of_project(self, project_id: str) -> Sequence[WorkflowRecord]:
        """Return every file of a project."""
        found = self._files.find({"project_id": project_id}, _WITHOUT_TEXT)
        return [_file(item) async for item in found.sort([("repository", ASCENDING), ("path", ASCENDING)])]

    async def find(self, file_id: str) -> WorkflowRecord | None:
        """Return a file by its id."""
        found = await self._files.find_one({"_id": file_id}, _WITHOUT_TEXT)
        return None if found is None else _file(found)

    async def page(self, project_id: str, *, limit: int, after: str | None) -> Sequence[WorkflowRecord]:
        """Return files of a project in the order in which they were first read, after an id."""
        query: Document = {"project_id": project_id, **({"_id": {"$gt": after}} if after else {})}
        found = self._files.find(query, _WITHOUT_TEXT).sort("_id", ASCENDING).limit(limit)
        return [_file(item) async for item in found]

    async def count(self, project_id: str) -> int:
        """Return the number of files of a project."""
        return int(await self._files.count_documents({"project_id": project_id}))

    async def texts(self, project_id: str, repository: str) -> Mapping[str, StoredText]:
        """Return the texts of the files of a repository by path."""
        found = self._files.find(
            {"project_id": project_id, "repository": repository}, {"path": 1, "text": 1, "blob": 1}
        )
        return {str(item["path"]): StoredText(item["text"], item.get("blob")) async for item in found}

    async def replace(
        self,
        project_id: str,
        repository: str,
        files: Iterable[tuple[WorkflowRecord, StoredText]],
    ) -> None:
        """Store the files of a repository, and remove those that it no longer has."""
        paths = []
        for record, stored in files:
            paths.append(record.path)
            document = as_document(record)
            key = document.pop("_id")
            await self._files.update_one(
                {"project_id": project_id, "repository": repository, "path": record.path},
                {
                    "$set": {**document, "text": stored.text, "blob": stored.blob},
                    "$setOnInsert": {"_id": key},
                },
                upsert=True,
            )
        await self._files.delete_many({"project_id": project_id, "repository": repository, "path": {"$nin": paths}})

    # --- repositories

    async def watch(self, project_id: str, repository: str) -> None:
        """Read a repository soon, and again from time to time."""
        now = utc_now()
        await self._repositories.update_one(
            {"project_id": project_id, "repository": repository},
            {"$set": {"due_at": now, "created_at": now}},
            upsert=True,
        )

    async def unwatch(self, project_id: str, repository: str) -> None:
        """Stop reading a repository."""
        await self._repositories.delete_one({"project_id": project_id, "repository": repository})

    async def claim(self, now: datetime, again_in: timedelta, busy: Sequence[str] = ()) -> WatchedRepository | None:
        """Take the next repository that is due and whose project is not busy; it is due again after `again_in`."""
        found = await self._repositories.find_one_and_update(
            {"due_at": {"$lte": now}, "project_id": {"$nin": list(busy)}},
            {"$set": {"due_at": now + again_in}},
            sort=[("due_at", ASCENDING)],
            return_document=ReturnDocument.AFTER,
        )
        if found is None:
            return None
        return WatchedRepository(found["project_id"], found["repository"], found.get("commit"))

    async def read_result(self, watched: WatchedRepository, *, commit: str | None, error: str | None) -> None:
        """Record the latest attempt to read a repository."""
        fields: Document = {"error": error}
        if error is None:
            fields |= {"read_at": utc_now(), "commit": commit}
        await self._repositories.update_one(
            {"project_id": watched.project_id, "repository": watched.repository}, {"$set": fields}
        )

    async def repositories(self, project_id: str) -> Sequence[RepositoryState]:
        """Return the repositories of a project that were read from GitHub, or could not be."""
        query = {"project_id": project_id, "$or": [{"read_at": {"$ne": None}}, {"error": {"$ne": None}}]}
        found = self._repositories.find(query).sort("repository", ASCENDING)
        return [RepositoryState.model_validate(item) async for item in found]

    async def is_read(self, project_id: str, repository: str) -> bool:
        """Return whether GitHub is the source of a repository's files."""
        query = {"project_id": project_id, "repository": repository, "read_at": {"$ne": None}}
        return await self._repositories.find_one(query, {"_id": 1}) is not None

    async def remove_project(self, project_id: str, until: datetime) -> None:
        """Delete what was read for a project up to a moment."""
        old = {"project_id": project_id, "created_at": {"$lte": until}}
        await self._files.delete_many(old)
        await self._repositories.delete_many(old)


def _file(document: Document) -> WorkflowRecord:
    return WorkflowRecord.model_validate(from_document(document))
