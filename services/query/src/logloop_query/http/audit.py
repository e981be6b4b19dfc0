"""Endpoints that read and verify the audit trail."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from logloop_chassis.auth.principal import require
from logloop_chassis.database.client import Document
from logloop_chassis.http.paging import Cursor, Limit, Page, decode_cursor, next_id_cursor
from logloop_chassis.http.parameters import problems
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pydantic import Field

from logloop_query.http.dependencies import CurrentActor, CurrentAudit
from logloop_query.http.fields import Moment, Output

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])


class AuditActor(Output):
    """The caller that made the change."""

    kind: str = Field(examples=["user"])
    id: str
    name: str


class AuditResource(Output):
    """The resource that was changed."""

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
    changed: list[str] = Field(description="Names of the changed fields. Values are not stored.")
    previous: str = Field(description="Hash of the previous entry.")
    hash: str = Field(description="SHA-256 of this entry as JSON with sorted keys, without this member.")


class AuditPage(Page[AuditEntry]):
    """One page of the trail, newest first."""


class AuditVerification(Output):
    """Result of checking the whole chain."""

    intact: bool
    entries: int = Field(description="Number of valid entries from the start.")
    head: str = Field(description="Hash of the last valid entry. Keep it elsewhere to detect a truncated trail.")
    broken_at: int | None = Field(description="Number of the first invalid entry.")


def _entry(document: Document) -> AuditEntry:
    return AuditEntry(number=document["_id"], **document)


@router.get("", summary="Read the audit trail", operation_id="audit_list", responses=problems(404))
async def list_(
    actor: CurrentActor,
    audit: CurrentAudit,
    project_id: Annotated[str | None, Query(pattern=PROJECT_ID_PATTERN, description="Only this project.")] = None,
    action: Annotated[str | None, Query(max_length=60, examples=["project.delete"])] = None,
    actor_id: Annotated[str | None, Query(max_length=300)] = None,
    resource_id: Annotated[str | None, Query(max_length=300)] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> AuditPage:
    """List changes and sign-ins, newest first. Without project_id this needs an administrator of the instance."""
    require(actor.principal, "admin", project_id)
    wanted: dict[str, Any] = {
        "project_id": project_id,
        "action": action,
        "actor.id": actor_id,
        "resource.id": resource_id,
    }
    where = {field: value for field, value in wanted.items() if value is not None}
    before = decode_cursor(cursor, int)
    found = await audit.page(where, before=before[0] if before else None, limit=limit)
    return AuditPage(items=[_entry(document) for document in found], next_cursor=next_id_cursor(found, limit, "_id"))


@router.get("/verification", summary="Verify the audit trail", operation_id="audit_verify", responses=problems())
async def verify(actor: CurrentActor, audit: CurrentAudit) -> AuditVerification:
    """Check the chain of hashes from the first entry on. Needs an administrator."""
    require(actor.principal, "admin", None)
    found = await audit.verify()
    return AuditVerification(
        intact=found.broken_at is None, entries=found.entries, head=found.head, broken_at=found.broken_at
    )
