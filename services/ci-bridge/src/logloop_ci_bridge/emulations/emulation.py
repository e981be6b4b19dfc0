"""Emulations: workflows that the emulator runs. queued → running → completed, and never back.

An emulation is handed out once. If its emulator stops reporting, it is lost: it is reported as failed, not run again.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from logloop_contracts.ci import RunConclusion
from logloop_contracts.emulation import (
    EmulatedJob,
    EmulatedRun,
    EmulatedStep,
    EmulationEvent,
    EmulationProgress,
    EmulationTask,
    Finding,
)
from pydantic import BaseModel, Field

EmulationState = Literal["queued", "running", "completed"]
_FIRST_RUN_ID = 2**62
"""GitHub numbers its runs from 1, so the ids of emulated runs never meet them."""


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
    overdue: bool = Field(False, description="Its lease was renewed once; its emulator has not reported since.")
    completed_at: datetime | None = None
    progress: EmulationProgress | None = Field(None, description="What its emulator reported while it ran.")
    result: EmulatedRun | None = None

    @property
    def known(self) -> EmulationProgress:
        """What is known of its jobs and findings."""
        return self.result or self.progress or EmulationProgress()

    def interrupted(self, conclusion: RunConclusion, now: datetime, findings: Sequence[Finding] = ()) -> EmulatedRun:
        """Return the result of a run that does not end by itself: what was reported of it so far."""
        return EmulatedRun(
            conclusion=conclusion,
            started_at=self.claimed_at or now,
            completed_at=now,
            jobs=[_interrupted_job(job) for job in self.known.jobs],
            findings=[*self.known.findings, *findings],
        )

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


def _interrupted_job(job: EmulatedJob) -> EmulatedJob:
    steps = [_interrupted_step(step) for step in job.steps]
    return job.model_copy(update={"conclusion": job.conclusion or "cancelled", "steps": steps})


def _interrupted_step(step: EmulatedStep) -> EmulatedStep:
    return step.model_copy(update={"conclusion": step.conclusion or ("cancelled" if step.started_at else "skipped")})


def content_hash(workflow: str) -> str:
    """Return the SHA-256 of a workflow file, by which it is approved."""
    return hashlib.sha256(workflow.encode()).hexdigest()


def run_id_of(emulation_id: str) -> str:
    """Return the id of the run of an emulation."""
    digest = hashlib.blake2b(emulation_id.encode(), digest_size=8, person=b"logloop-emulate").digest()
    return str(_FIRST_RUN_ID + int.from_bytes(digest) % _FIRST_RUN_ID)
