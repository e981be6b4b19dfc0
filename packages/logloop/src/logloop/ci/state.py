"""The state of a run as the API describes it, and which requests ask for it. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from logloop.api.retry import Backoff
from logloop.errors import LogloopError

Status = Literal["pending", "sent", "queued", "in_progress", "completed", "failed", "recorded", "lost"]
TestOutcome = Literal["passed", "failed", "skipped"]
_NOT_STARTED = frozenset({"failed", "recorded", "lost"})
PAGE = 1000
STORED_WITHIN_S = 10.0
"""How long a wait looks for the stored output: lines may have been deleted since."""
POLL_FIRST_S, POLL_LONGEST_S = 0.5, 5.0


class RunNotStarted(LogloopError):
    """No run will start: GitHub rejected the dispatch, no workflow listens to it, or the project has no GitHub."""


@dataclass(frozen=True, slots=True)
class TestResult:
    """The last result of a test in the output of a run."""

    __test__: ClassVar[bool] = False  # pytest collects classes of this name otherwise
    test_id: str
    outcome: TestOutcome
    func_id: str | None
    line: str
    """The line of output that reports it."""


@dataclass
class RunState:
    """What is known of a run: its dispatch, and the run once it exists."""

    dispatch: dict[str, Any]
    run: dict[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> Status:
        """Return how far it is, from `pending` to `completed`; `failed`, `recorded` and `lost` mean without a run."""
        if self.run:
            status: Status = self.run["status"]
            return status
        if self.dispatch.get("lost"):
            return "lost"
        state = self.dispatch["state"]
        return "pending" if state == "sending" else state

    @property
    def is_finished(self) -> bool:
        """Return whether nothing changes any more: the run has completed, and its output is stored."""
        if self.run:
            return self.status == "completed" and self.run["logs"] in {"collected", "unavailable"}
        return self.status in _NOT_STARTED

    @property
    def expected_lines(self) -> int:
        """Return how many lines a page of the output has once it is stored."""
        return min(int(self.run["log_count"]), PAGE) if self.run.get("logs") == "collected" else 0

    def raise_without_run(self) -> None:
        """Raise RunNotStarted when no run will start."""
        if self.status in _NOT_STARTED:
            reason = self.dispatch.get("detail") or f"the dispatch is {self.status}"
            raise RunNotStarted(f"No run was started: {reason}")

    def run_path(self, suffix: str = "") -> tuple[str, dict[str, Any]]:
        """Return path and parameters of a request about the run. Raises RunNotStarted without one."""
        self.raise_without_run()
        if not self.run:
            raise RunNotStarted(f"The run has not started yet: the dispatch is {self.status}. Call wait() first.")
        return f"/ci/runs/{quote(self.run['run_id'], safe='')}{suffix}", {"project_id": self.run["project_id"]}

    @property
    def dispatch_path(self) -> str:
        """Return the path of the dispatch."""
        return f"/ci/dispatches/{quote(self.dispatch['id'], safe='')}"

    def runs_query(self) -> dict[str, Any]:
        """Return the parameters of a list that contains only the run of the dispatch."""
        return {"project_id": self.dispatch["project_id"], "dispatch_id": self.dispatch["id"], "limit": 1}

    def timeout_text(self, timeout: float) -> str:
        """Return the message of a wait that took too long."""
        return f"the run of dispatch {self.dispatch['id']} is still {self.status} after {timeout:g} s"


def poll_delays() -> Backoff:
    """Return the waits between two requests for the state: short at first, then every few seconds."""
    return Backoff(None, first=POLL_FIRST_S, longest=POLL_LONGEST_S)


def results_of_tests(logs: list[dict[str, Any]]) -> list[TestResult]:
    """Return the last result of each test, in the order of their first results."""
    found: dict[str, TestResult] = {}
    for log in logs:
        outcome = (log.get("attributes") or {}).get("ci.test_outcome")
        if log.get("test_id") and outcome:
            found[log["test_id"]] = TestResult(log["test_id"], outcome, log.get("func_id"), log["message"])
    return list(found.values())
