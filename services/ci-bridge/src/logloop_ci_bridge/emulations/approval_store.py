"""Stores approvals of workflows and the requests for them: ci_approvals, ci_approval_requests."""

from collections.abc import Sequence
from datetime import datetime

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, DESCENDING

from logloop_ci_bridge.emulations.approvals import (
    MAX_WAITING,
    Approval,
    ApprovalRequest,
    RequestedText,
    RequestState,
)

_WITHOUT_TEXT = {"_id": 0, "workflow": 0}


class ApprovalStore:
    """Writes approvals and the requests for them."""

    def __init__(self, database: Database) -> None:
        self._approvals = database["ci_approvals"]
        self._requests = database["ci_approval_requests"]

    async def prepare(self) -> None:
        """Create indexes."""
        for collection in (self._approvals, self._requests):
            await collection.create_index([("project_id", ASCENDING), ("sha256", ASCENDING)], unique=True)

    async def remove_project(self, project_id: str, until: datetime) -> None:
        """Delete the approvals and requests of a project up to a moment."""
        await self._approvals.delete_many({"project_id": project_id, "approved_at": {"$lte": until}})
        await self._requests.delete_many({"project_id": project_id, "requested_at": {"$lte": until}})

    async def approve(self, approval: Approval) -> None:
        """Store an approval in place of an earlier one for the same content."""
        same = {"project_id": approval.project_id, "sha256": approval.sha256}
        await self._approvals.replace_one(same, approval.model_dump(mode="python"), upsert=True)
        await self._decide(
            approval.project_id, approval.sha256, "approved", approval.approved_by, approval.approved_at
        )

    async def revoke(self, project_id: str, sha256: str, by: str, at: datetime) -> bool:
        """Delete an approval. Return whether there was one. Its text counts as rejected then."""
        deleted = await self._approvals.delete_one({"project_id": project_id, "sha256": sha256})
        await self._decide(project_id, sha256, "rejected", by, at)
        return deleted.deleted_count > 0

    async def approval(self, project_id: str, sha256: str) -> Approval | None:
        """Return the approval of a content."""
        found = await self._approvals.find_one({"project_id": project_id, "sha256": sha256})
        return None if found is None else Approval.model_validate(found)

    async def approvals(self, project_id: str, limit: int) -> Sequence[Approval]:
        """Return the approvals of a project, newest first."""
        found = self._approvals.find({"project_id": project_id}).sort("approved_at", DESCENDING).limit(limit)
        return [Approval.model_validate(item) async for item in found]

    # -- requests

    async def request(self, request: RequestedText) -> str:
        """Store a request, unless its text is known or too many wait. Return in words why it may not run."""
        if await self.waiting(request.project_id) < MAX_WAITING:
            await self.keep(request)
        known = await self.text(request.project_id, request.sha256)
        if known is not None and known.state == "rejected":
            return f"{known.decided_by} has rejected this workflow (SHA-256 {request.sha256})"
        where = (
            "it waits under CI → Approvals" if known else f"{MAX_WAITING} others wait already, so it is not listed"
        )
        return (
            f"no administrator has approved this workflow (SHA-256 {request.sha256}); {where}, and an administrator "
            f"approves it with `logloop ci approvals add {request.sha256}`"
        )

    async def keep(self, request: RequestedText) -> None:
        """Store a text once."""
        same = {"project_id": request.project_id, "sha256": request.sha256}
        await self._requests.update_one(same, {"$setOnInsert": request.model_dump(mode="python")}, upsert=True)

    async def reject(self, project_id: str, sha256: str, by: str, at: datetime) -> ApprovalRequest | None:
        """Reject a text that waits. Return None when it does not wait."""
        if not await self._decide(project_id, sha256, "rejected", by, at, {"state": "waiting"}):
            return None
        return await self.text(project_id, sha256)

    async def requests(self, project_id: str, limit: int) -> Sequence[ApprovalRequest]:
        """Return the requests of a project without their texts, newest first."""
        found = self._requests.find({"project_id": project_id}, _WITHOUT_TEXT).sort("requested_at", DESCENDING)
        return [ApprovalRequest.model_validate(item) async for item in found.limit(limit)]

    async def waiting(self, project_id: str) -> int:
        """Return how many requests wait."""
        return int(await self._requests.count_documents({"project_id": project_id, "state": "waiting"}))

    async def text(self, project_id: str, sha256: str) -> RequestedText | None:
        """Return a text that was requested or approved."""
        found = await self._requests.find_one({"project_id": project_id, "sha256": sha256}, {"_id": 0})
        return None if found is None else RequestedText.model_validate(found)

    async def last_approved(self, project_id: str, file: str, other_than: str) -> RequestedText | None:
        """Return the text of a file that was approved last, except one."""
        query: Document = {"project_id": project_id, "file": file, "state": "approved", "sha256": {"$ne": other_than}}
        found = await self._requests.find_one(query, {"_id": 0}, sort=[("decided_at", DESCENDING)])
        return None if found is None else RequestedText.model_validate(found)

    async def _decide(
        self,
        project_id: str,
        sha256: str,
        state: RequestState,
        by: str,
        at: datetime,
        only: Document | None = None,
    ) -> bool:
        same = {"project_id": project_id, "sha256": sha256, **(only or {})}
        decided = {"state": state, "decided_by": by, "decided_at": at}
        return bool((await self._requests.update_one(same, {"$set": decided})).matched_count)
