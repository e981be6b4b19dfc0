"""Judges a run after it has ended: what act reports as green without having run anything is not green."""

from collections.abc import Iterator, Sequence

from logloop_contracts.emulation import EmulatedJob, Finding

from logloop_emulator.sandbox.launcher import Ended
from logloop_emulator.workflow import Workflow

_ENDINGS = {
    "time": ("time-limit", "the run exceeded its time limit and was ended"),
    "output": ("output-limit", "the run exceeded its output limit and was ended; its output is incomplete"),
    "stopped": ("stopped", "the run was stopped"),
}
_BAD = ("failure", "timed_out", "cancelled")


def judge(
    workflow: Workflow,
    jobs: Sequence[EmulatedJob],
    ended: Ended,
    overdue: str | None,
    skipped_platforms: Sequence[str],
) -> tuple[list[EmulatedJob], list[Finding]]:
    """Return the jobs, those included that act does not mention, and what is wrong with the run."""
    found = [_timed_out(job, overdue) for job in jobs]
    findings = [*_about_ending(ended, overdue), *_about_platforms(skipped_platforms)]
    started = bool(found)
    for job in _missing(workflow, found):
        definition = workflow.jobs[job]
        if ended.ending == "exited" and definition.may_be_skipped and (started or ended.exit_code == 0):
            findings.append(_finding("warning", "skipped-job", "its condition is false or a needed job failed", job))
            found.append(EmulatedJob(id=job, name=definition.name, conclusion="skipped"))
        elif ended.ending == "exited":
            findings.append(_finding("error", "job-did-not-run", "act did not run this job", job))
        if ended.ending != "exited":
            found.append(EmulatedJob(id=job, name=definition.name, conclusion="cancelled"))
    if not started:
        level = "warning" if found and all(job.conclusion == "skipped" for job in found) else "error"
        findings.append(_finding(level, "nothing-ran", "no job ran, so the run proves nothing"))
    if ended.ending == "exited" and ended.exit_code != 0 and not any(job.conclusion in _BAD for job in found):
        findings.append(_finding("error", "act-failed", f"act failed: {_last_error(ended.errors)}"))
    return found, findings


def _timed_out(job: EmulatedJob, overdue: str | None) -> EmulatedJob:
    late = job.id == overdue and job.conclusion == "cancelled"
    return job.model_copy(update={"conclusion": "timed_out"}) if late else job


def _about_ending(ended: Ended, overdue: str | None) -> Iterator[Finding]:
    if overdue is not None:
        yield _finding("error", "job-timeout", "the job exceeded its `timeout-minutes`", overdue)
    elif ended.ending in _ENDINGS:
        yield _finding("error", *_ENDINGS[ended.ending])


def _about_platforms(jobs: Sequence[str]) -> Iterator[Finding]:
    for job in dict.fromkeys(jobs):
        yield _finding(
            "error", "unmapped-runner", "act skipped the job: its `runs-on` cannot run on this machine", job
        )


def _missing(workflow: Workflow, jobs: Sequence[EmulatedJob]) -> list[str]:
    ran = {job.id for job in jobs}
    return [job_id for job_id in workflow.jobs if job_id not in ran]


def _last_error(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    plain = [line for line in lines if not line.startswith("{")]
    return (plain or lines or ["unknown reason"])[-1][:500]


def _finding(level: str, code: str, message: str, job: str | None = None) -> Finding:
    return Finding.model_validate({"level": level, "code": code, "message": message, "job": job})
