"""Approvals: which workflows the emulator may run, and which wait for a decision.

An administrator decides on a text, which its SHA-256 identifies. A workflow that somebody wants to run, and that is
not approved, becomes a request with its text, so that it can be read before the decision.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from logloop_ci_bridge.emulations.emulation import content_hash

MAX_WAITING = 100
"""Requests of a project that wait. More are not listed, so that a program cannot fill the database."""
RequestState = Literal["waiting", "approved", "rejected"]


class Approval(BaseModel):
    """An administrator allows a workflow, identified by its content, to run in a project."""

    project_id: str
    sha256: str = Field(description="SHA-256 of the workflow file.")
    network: bool = Field(False, description="Whether its runs may reach the network.")
    approved_by: str
    approved_at: datetime


class ApprovalRequest(BaseModel):
    """A workflow that somebody wants to run, and what was decided."""

    project_id: str
    sha256: str = Field(description="SHA-256 of the workflow file.")
    file: str = Field(examples=["probe.yml"])
    state: RequestState = "waiting"
    requested_by: str = Field(description="Who wants to run it: a person, or the rule that would have started it.")
    requested_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None


class RequestedText(ApprovalRequest):
    """A workflow that somebody wants to run, with its text."""

    workflow: str = Field(description="The text of the workflow file.")


def requested(project_id: str, file: str | None, workflow: str, by: str, at: datetime) -> RequestedText:
    """Return a request for a decision on a text."""
    return RequestedText(
        project_id=project_id,
        sha256=content_hash(workflow),
        file=file or "workflow.yml",
        requested_by=by,
        requested_at=at,
        workflow=workflow,
    )
