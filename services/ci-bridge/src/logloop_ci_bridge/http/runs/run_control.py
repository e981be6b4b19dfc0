"""Cancels runs on GitHub for a caller, and turns GitHub's answers into problems."""

from logloop_chassis.http.problems import BadGateway, Conflict, Unavailable

from logloop_ci_bridge.github.gateway import GitHubRejected, GitHubUnavailable
from logloop_ci_bridge.http.callers import Caller
from logloop_ci_bridge.runs.run import Run


async def cancelled(caller: Caller, run: Run) -> Run:
    """Ask GitHub to cancel a run, and return the run. Raises Conflict, BadGateway or Unavailable."""
    if run.status == "completed":
        raise Conflict(f"the run has completed: {run.conclusion or 'without a conclusion'}")
    try:
        gateway = await caller.services.gateway_of(run.project_id, run.emulated)
        if not gateway.live:
            raise Conflict("the project has no GitHub credentials to cancel runs (Settings → GitHub)")
        await gateway.cancel(run.repository, run.run_id)
    except GitHubRejected as error:
        if error.status == 409:
            raise Conflict(f"GitHub cannot cancel the run: {error}") from error
        raise BadGateway(f"GitHub did not cancel the run: {error}") from error
    except GitHubUnavailable as error:
        raise Unavailable(f"the run was not cancelled: {error}; try again") from error
    await caller.record_change("cancel", "run", run.run_id, run.project_id)
    caller.services.run_tracker.wake.set()
    return run
