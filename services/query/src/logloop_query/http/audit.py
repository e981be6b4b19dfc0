"""Routes of the audit trail.

It must not offer a way to change it.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from logloop_chassis.auth.principal import require
from logloop_chassis.database.client import Document
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pydantic import Field

from logloop_query.http.callers import CurrentActor, CurrentRecords, Cursor, Limit, problems
from logloop_query.records.types import Moment, Output, Page, cursor_after, decode_cursor

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])
Filter = Annotated[str | None, Query(max_length=300)]


class AuditActor(Output):
    """Who did it."""

    kind: str = Field(examples=["user"])
    id: str
    name: str


class AuditResource(Output):
    """What it was done to."""

    kind: str = Field(examples=["service"])
    id: str = Field(examples=["checkout"])


class AuditEntry(Output):
    """One change."""

    number: int = Field(description="Counted from 1 without gaps.")
    at: Moment
    actor: AuditActor
    ip: str | None
    action: str = Field(examples=["service.update"])
    resource: AuditResource
    project_id: str | None
    changed: list[str] = Field(description="Names of the fields that changed; values are not kept.")
    previous: str = Field(description="Hash of the entry before.")
    hash: str = Field(description="SHA-256 over this entry as JSON with sorted keys, without this member.")


class AuditPage(Page[AuditEntry]):
    """One page of the trail, newest first."""


class AuditVerification(Output):
    """Outcome of a check of the whole chain."""

    intact: bool
    entries: int = Field(description="Entries that fit, from the first on.")
    head: str = Field(description="Hash of the last of them. Keep it elsewhere to notice a truncated trail.")
    broken_at: int | None = Field(description="Number of the first entry that does not fit.")


def _entry(document: Document) -> AuditEntry:
    return AuditEntry(number=document["_id"], **document)


@router.get("", summary="Read the audit trail", operation_id="audit_list", responses=problems(404))
async def list_(
    actor: CurrentActor,
    records: CurrentRecords,
    project_id: Annotated[str | None, Query(pattern=PROJECT_ID_PATTERN, description="Only this project.")] = None,
    action: Annotated[str | None, Query(max_length=60, examples=["project.delete"])] = None,
    actor_id: Filter = None,
    resource_id: Filter = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> AuditPage:
    """Every change and sign-in, newest first. Without project_id it needs an administrator of the instance."""
    require(actor.principal, "admin", project_id)
    wanted: dict[str, Any] = {
        "project_id": project_id,
        "action": action,
        "actor.id": actor_id,
        "resource.id": resource_id,
    }
    where = {field: value for field, value in wanted.items() if value is not None}
    before = decode_cursor(cursor, int)
    found = await records.audit_store.page(where, before=before[0] if before else None, limit=limit)
    return AuditPage(items=[_entry(document) for document in found], next_cursor=cursor_after(found, limit, "_id"))


@router.get("/verification", summary="Check the audit trail", operation_id="audit_verify", responses=problems())
async def verify(actor: CurrentActor, records: CurrentRecords) -> AuditVerification:
    """Walk the chain of hashes from the first entry on. Needs an administrator."""
    require(actor.principal, "admin", None)
    found = await records.audit.verify()
    return AuditVerification(
        intact=found.broken_at is None, entries=found.entries, head=found.head, broken_at=found.broken_at
    )
