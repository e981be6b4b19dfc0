"""What the service asks of GitHub, and the twin that answers when a project has no credentials.

It must not know HTTP.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog
from pydantic import BaseModel, ConfigDict, SecretStr

from logloop_ci_bridge.dispatches.outbox import Dispatch, Recorded, SendResult
from logloop_ci_bridge.runs.run import SeenRun

_log = structlog.get_logger()


class GitHubCredentials(BaseModel):
    """How a project speaks to GitHub: a token, or an App with its installation."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    api_url: str | None = None
    token: SecretStr | None = None
    app_id: str | None = None
    installation_id: str | None = None
    private_key: SecretStr | None = None
    webhook_secret: SecretStr | None = None

    @property
    def usable(self) -> bool:
        """Whether requests can be made with it."""
        return self.token is not None or (self.app_id is not None and self.private_key is not None)


class GitHubAway(Exception):
    """GitHub cannot be asked now; `retry_after_s` when it said how long."""

    def __init__(self, detail: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class GitHubRefused(Exception):
    """GitHub answered with an error that stays, in its own words."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a job with its span."""

    number: int
    name: str
    conclusion: str | None
    started_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Job:
    """A job of a run."""

    id: str
    name: str
    conclusion: str | None
    steps: tuple[Step, ...] = ()
    started_at: datetime | None = None
    completed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark of a job on a place in a file."""

    level: str
    message: str
    path: str | None = None
    line: int | None = None
    title: str | None = None


class Gateway(Protocol):
    """GitHub for one project. Reads raise GitHubAway or GitHubRefused."""

    live: bool
    """False for the twin: nothing is ever sent or found."""

    async def send(self, dispatch: Dispatch, sent_at: datetime) -> SendResult:
        """Ask to start a workflow; every answer of GitHub is a result, not an exception."""

    async def find_runs(
        self, repository: str, *, event: str, workflow: str | None, since: datetime
    ) -> Sequence[SeenRun]:
        """Runs that an event started since a moment, newest first."""

    async def run(self, repository: str, run_id: str) -> SeenRun:
        """A run as it is now."""

    async def jobs(self, repository: str, run_id: str, attempt: int) -> Sequence[Job]:
        """The jobs of one attempt of a run."""

    async def job_log(self, repository: str, job_id: str, limit: int) -> bytes | None:
        """Text of a job's log, at most `limit` bytes of it; None when GitHub has none (any more)."""

    async def annotations(self, repository: str, job_id: str) -> Sequence[Annotation]:
        """Remarks of a job; empty when the credentials may not read them."""


class ConsoleGateway:
    """The twin for projects without credentials: it says what would be sent and sends nothing."""

    live = False

    async def send(self, dispatch: Dispatch, sent_at: datetime) -> SendResult:
        """Log the dispatch."""
        _log.info(
            "dispatch recorded",
            repository=dispatch.repository,
            event_type=dispatch.event_type,
            correlation_id=dispatch.correlation_id,
            client_payload=dispatch.client_payload(sent_at),
        )
        return Recorded(detail="nothing was sent: the project has no GitHub credentials (Settings → GitHub)")

    async def find_runs(
        self,
        repository: str,  # noqa: ARG002  # the twin has the signature of the real one
        *,
        event: str,  # noqa: ARG002
        workflow: str | None,  # noqa: ARG002
        since: datetime,  # noqa: ARG002
    ) -> Sequence[SeenRun]:
        """Nothing runs."""
        return ()

    async def run(self, repository: str, run_id: str) -> SeenRun:
        """Nothing runs."""
        raise GitHubRefused(404, f"{repository} run {run_id}: the project has no GitHub credentials")

    async def jobs(self, repository: str, run_id: str, attempt: int) -> Sequence[Job]:  # noqa: ARG002
        """Nothing runs."""
        return ()

    async def job_log(self, repository: str, job_id: str, limit: int) -> bytes | None:  # noqa: ARG002
        """Nothing runs."""
        return None

    async def annotations(self, repository: str, job_id: str) -> Sequence[Annotation]:  # noqa: ARG002
        """Nothing runs."""
        return ()
