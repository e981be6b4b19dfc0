"""Emulations: workflows that the emulator runs. queued → running → completed, and never back.

An emulation is handed out once. If its emulator stops reporting, it is lost: it is reported as failed, not run again.
"""

import hashlib
from datetime import datetime
from typing import Literal

from logloop_contracts.emulation import EmulatedRun, EmulationEvent, EmulationTask
from pydantic import BaseModel, Field

EmulationState = Literal["queued", "running", "completed"]
_FIRST_RUN_ID = 2**62
"""GitHub numbers its runs from 1, so the ids of emulated runs never meet them."""


class Approval(BaseModel):
    """An administrator allows a workflow, identified by its content, to run in a project."""

    project_id: str
    sha256: str = Field(description="SHA-256 of the workflow file.")
    network: bool = Field(False, description="Whether its runs may reach the network.")
    approved_by: str
    approved_at: datetime


class Emulation(BaseModel):
    """A workflow to run, and what became of it."""

    id: str = Field(description="Id of its dispatch, if a dispatch caused it.")
    project_id: str
    run_id: str
    title: str
    file: str
    workflow: str = Field(repr=False)
    sha256: str
    repository: str
    ref: str
    event: EmulationEvent
    network: bool
    state: EmulationState = "queued"
    lost: bool = Field(False, description="Its emulator stopped reporting, or none took it.")
    created_at: datetime
    claimed_at: datetime | None = None
    lease_until: datetime | None = None
    completed_at: datetime | None = None
    result: EmulatedRun | None = None

    def task(self, lease_s: float) -> EmulationTask:
        """Return what the emulator gets."""
        return EmulationTask(
            id=self.id,
            file=self.file,
            workflow=self.workflow,
            repository=self.repository,
            ref=self.ref,
            event=self.event,
            network=self.network,
            lease_s=lease_s,
        )


def content_hash(workflow: str) -> str:
    """Return the SHA-256 of a workflow file, by which it is approved."""
    return hashlib.sha256(workflow.encode()).hexdigest()


def run_id_of(emulation_id: str) -> str:
    """Return the id of the run of an emulation."""
    digest = hashlib.blake2b(emulation_id.encode(), digest_size=8, person=b"logloop-emulate").digest()
    return str(_FIRST_RUN_ID + int.from_bytes(digest) % _FIRST_RUN_ID)
