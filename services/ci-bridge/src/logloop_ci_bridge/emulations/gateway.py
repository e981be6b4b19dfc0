"""The emulator in the place of GitHub: a dispatch queues an emulation, whose run is read from the store."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from logloop_chassis.ids import utc_now
from logloop_contracts.ci import RunStatus
from logloop_contracts.emulation import EmulatedJob, EmulationEvent, Finding

from logloop_ci_bridge.dispatches.outbox import Dispatch, DispatchAccepted, DispatchRejected, SendResult
from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.emulations.approval_store import ApprovalStore
from logloop_ci_bridge.emulations.approvals import requested
from logloop_ci_bridge.emulations.emulation import Emulation, EmulationState, content_hash, run_id_of
from logloop_ci_bridge.emulations.store import EmulationStore
from logloop_ci_bridge.github.gateway import Annotation, GitHubRejected, Job, Step, WorkflowFolder
from logloop_ci_bridge.github.workflow_runs import ReportedRun
from logloop_ci_bridge.record_store import RecordStore

FINDINGS_JOB = "emulation"
"""The job that holds what the emulator found: what makes the run differ from one on GitHub."""
_STATUS: dict[EmulationState, RunStatus] = {"queued": "queued", "running": "in_progress", "completed": "completed"}


class EmulatorGateway:
    """Implements `github.gateway.Gateway` for a project."""

    live = True

    def __init__(
        self,
        project_id: str,
        store: EmulationStore,
        approvals: ApprovalStore,
        pipelines: RecordStore[Pipeline],
        *,
        queue_s: float,
        enabled: bool,
    ) -> None:
        self._project_id = project_id
        self._store = store
        self._approvals = approvals
        self._pipelines = pipelines
        self._queue = timedelta(seconds=queue_s)
        self._enabled = enabled

    async def send(self, dispatch: Dispatch, sent_at: datetime) -> SendResult:
        """Queue the workflow of the pipeline, if an administrator approved it. A repeated call queues it once."""
        if not self._enabled:
            return DispatchRejected(status=409, detail="emulation is off: set LOGLOOP_EMULATOR_TOKEN")
        pipeline = await self._pipelines.find(dispatch.pipeline_id)
        if pipeline is None or pipeline.workflow_text is None:
            return DispatchRejected(status=404, detail="the pipeline no longer has a workflow to emulate")
        sha256 = content_hash(pipeline.workflow_text)
        approval = await self._approvals.approval(dispatch.project_id, sha256)
        if approval is None:
            by = f"rule {dispatch.rule_name}" if dispatch.rule_name else dispatch.created_by or "a dispatch"
            request = requested(dispatch.project_id, dispatch.workflow, pipeline.workflow_text, by, utc_now())
            return DispatchRejected(status=403, detail=await self._approvals.request(request))
        emulation = Emulation(
            id=dispatch.id,
            project_id=dispatch.project_id,
            run_id=run_id_of(dispatch.id),
            title=f"logloop {dispatch.correlation_id}",
            file=dispatch.workflow or "workflow.yml",
            workflow=pipeline.workflow_text,
            sha256=sha256,
            repository=dispatch.repository,
            ref=pipeline.ref,
            event=EmulationEvent(
                event_type=dispatch.event_type,
                client_payload=dispatch.client_payload(sent_at),
                inputs=dispatch.inputs(),
            ),
            network=approval.network,
            created_at=utc_now(),
        )
        stored = await self._store.add(emulation)
        return DispatchAccepted(status=202, run_id=stored.run_id)

    async def find_runs(
        self,
        repository: str,
        *,
        event: str,  # noqa: ARG002  # the signature of the protocol
        workflow: str | None,  # noqa: ARG002
        since: datetime,
    ) -> Sequence[ReportedRun]:
        """Return the emulated runs since a moment, newest first."""
        found = await self._store.since(self._project_id, since)
        return [_reported(item) for item in found if item.repository == repository]

    async def run(self, repository: str, run_id: str) -> ReportedRun:  # noqa: ARG002
        """Return the current state of a run."""
        return _reported(await self._find(run_id))

    async def jobs(self, repository: str, run_id: str, attempt: int) -> Sequence[Job]:  # noqa: ARG002
        """Return the jobs of a run so far, and one more with what the emulator found."""
        emulation = await self._find(run_id)
        known, result = emulation.known, emulation.result
        jobs = [job_of(f"{run_id}-{number}", job) for number, job in enumerate(known.jobs)]
        if known.findings:
            failed = any(finding.level == "error" for finding in known.findings)
            conclusion = "failure" if failed else "success" if result else None
            moments = (result.started_at, result.completed_at) if result else (emulation.claimed_at, None)
            jobs.append(Job(f"{run_id}-{FINDINGS_JOB}", FINDINGS_JOB, conclusion, (), *moments))
        return jobs

    async def job_log(self, repository: str, job_id: str, limit: int) -> bytes | None:  # noqa: ARG002
        """Return at most `limit` bytes of the output of a job."""
        run_id, _, job = job_id.partition("-")
        emulation = await self._find(run_id)
        if job == FINDINGS_JOB:
            return "\n".join(map(_finding_line, emulation.known.findings)).encode()[:limit]
        return (await self._store.output(emulation.id, int(job)))[:limit]

    async def annotations(self, repository: str, job_id: str) -> Sequence[Annotation]:  # noqa: ARG002
        """Return the annotations of a job."""
        run_id, _, job = job_id.partition("-")
        emulation = await self._find(run_id)
        if job == FINDINGS_JOB:
            return ()
        return [
            Annotation(item.level, item.message, item.path, item.line, item.title)
            for item in emulation.known.jobs[int(job)].annotations
        ]

    async def file(self, repository: str, path: str, ref: str | None) -> str | None:  # noqa: ARG002
        """Return nothing: the checkout of an emulated run is not stored."""
        return None

    async def workflows(
        self,
        repository: str,  # noqa: ARG002
        seen_commit: str | None,  # noqa: ARG002
        known: Mapping[str, str],  # noqa: ARG002
    ) -> WorkflowFolder | None:
        """Return nothing: an emulated pipeline has the text of its workflow."""
        return None

    async def cancel(self, repository: str, run_id: str) -> None:  # noqa: ARG002
        """End an emulation that has not completed; its emulator stops at its next report."""
        if not await self._store.cancel(self._project_id, run_id, utc_now()):
            raise GitHubRejected(409, "the emulated run has completed")

    async def rerun_failed_jobs(self, repository: str, run_id: str) -> None:  # noqa: ARG002
        """Raise GitHubRejected."""
        raise GitHubRejected(422, f"the emulated run {run_id} cannot be repeated; start its pipeline again")

    async def _find(self, run_id: str) -> Emulation:
        found = await self._store.find_run(self._project_id, run_id, utc_now(), self._queue)
        if found is None:
            raise GitHubRejected(404, f"there is no emulated run {run_id}")
        return found


def _reported(emulation: Emulation) -> ReportedRun:
    return ReportedRun(
        run_id=emulation.run_id,
        repository=emulation.repository,
        workflow=emulation.file,
        name=emulation.file,
        title=emulation.title,
        event="emulated",
        status=_STATUS[emulation.state],
        conclusion=emulation.result.conclusion if emulation.result else None,
        branch=emulation.ref,
        started_at=emulation.claimed_at or emulation.created_at,
        created_at=emulation.created_at,
        updated_at=emulation.completed_at or emulation.claimed_at or emulation.created_at,
    )


def job_of(job_id: str, job: EmulatedJob) -> Job:
    """Return an emulated job as one of GitHub."""
    steps = tuple(
        Step(step.number, step.name, step.conclusion, step.started_at, step.completed_at) for step in job.steps
    )
    return Job(job_id, job.name, job.conclusion, steps, job.started_at, job.completed_at, job.outputs)


def _finding_line(finding: Finding) -> str:
    where = f"job {finding.job}: " if finding.job else ""
    return f"##[{finding.level}]{finding.code}: {where}{finding.message}"
