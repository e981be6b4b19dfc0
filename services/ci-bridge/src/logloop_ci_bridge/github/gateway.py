"""What the service needs of GitHub, and the console gateway for projects without credentials."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import structlog
from pydantic import BaseModel, ConfigDict, SecretStr

from logloop_ci_bridge.dispatches.outbox import Dispatch, DispatchRecorded, SendResult, WaitReason
from logloop_ci_bridge.github.workflow_runs import ReportedRun

DEFAULT_API_URL = "https://api.github.com"
"""The default of the settings: LOGLOOP_GITHUB_API_URL replaces it."""
_log = structlog.get_logger()


class GitHubCredentials(BaseModel):
    """The GitHub settings of a project: a token, or an App with its installation."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    api_url: str | None = None
    token: SecretStr | None = None
    app_id: str | None = None
    installation_id: str | None = None
    private_key: SecretStr | None = None
    webhook_secret: SecretStr | None = None
    default_repository: str | None = None

    @classmethod
    def for_api(cls, api_url: str, **more: Any) -> "GitHubCredentials":
        """Return credentials of settings, whose default address stands for the one that the operator has chosen."""
        return cls.model_validate({**more, "api_url": None if api_url.rstrip("/") == DEFAULT_API_URL else api_url})

    @property
    def usable(self) -> bool:
        """Whether they are complete enough to make requests."""
        return self.token is not None or (self.app_id is not None and self.private_key is not None)


class GitHubUnavailable(Exception):
    """GitHub cannot be reached or asks to wait; `retry_after_s` in seconds when it said how long."""

    def __init__(self, detail: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class GitHubBusy(GitHubUnavailable):
    """GitHub asked to wait, so the request was not sent."""

    def __init__(self, detail: str, *, retry_after_s: float, waits_for: WaitReason) -> None:
        super().__init__(detail, retry_after_s=retry_after_s)
        self.waits_for: WaitReason = waits_for


class GitHubRejected(Exception):
    """GitHub rejected a request for good; the text holds GitHub's message."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a job with its start and end."""

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
    outputs: Mapping[str, str] = field(default_factory=dict)
    """What its steps wrote to GITHUB_OUTPUT. GitHub does not report it, the emulator does."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A message of a job about a place in a file."""

    level: str
    message: str
    path: str | None = None
    line: int | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A file of a repository, with GitHub's id of its content."""

    text: str
    blob: str


@dataclass(frozen=True, slots=True)
class WorkflowFolder:
    """The workflow files of a repository by path, at one commit."""

    commit: str
    files: Mapping[str, FetchedFile]


class Gateway(Protocol):
    """GitHub for one project. Reads raise GitHubUnavailable or GitHubRejected."""

    live: bool
    """False when nothing is sent to GitHub or read from it."""

    async def send(self, dispatch: Dispatch, sent_at: datetime) -> SendResult:
        """Ask GitHub to start a workflow. Every response is a result, not an exception."""

    async def find_runs(
        self, repository: str, *, event: str, workflow: str | None, since: datetime
    ) -> Sequence[ReportedRun]:
        """Return the runs that an event started since a moment, newest first."""

    async def run(self, repository: str, run_id: str) -> ReportedRun:
        """Return the current state of a run."""

    async def jobs(self, repository: str, run_id: str, attempt: int) -> Sequence[Job]:
        """Return the jobs of one attempt of a run."""

    async def job_log(self, repository: str, job_id: str, limit: int) -> bytes | None:
        """Return at most `limit` bytes of a job's log, None when GitHub does not have it."""

    async def annotations(self, repository: str, job_id: str) -> Sequence[Annotation]:
        """Return the annotations of a job; none when the credentials may not read them."""

    async def file(self, repository: str, path: str, ref: str | None) -> str | None:
        """Return the text of a file of the repository, at a commit or the default branch; None when it has none."""

    async def workflows(
        self, repository: str, seen_commit: str | None, known: Mapping[str, str]
    ) -> WorkflowFolder | None:
        """Return the workflow files at the newest commit of the default branch, None when that is `seen_commit`.

        `known` are texts by GitHub's id of their content.
        """

    async def cancel(self, repository: str, run_id: str) -> None:
        """Ask to cancel a run."""

    async def rerun_failed_jobs(self, repository: str, run_id: str) -> None:
        """Ask to run the failed jobs of a run again, and those that depend on them."""


GatewayOf = Callable[[str, bool], Awaitable[Gateway]]
"""Returns the gateway of a project: the emulator if True, otherwise GitHub.

Raises GitHubUnavailable when the project's credentials cannot be read.
"""


class ConsoleGateway:
    """Logs what would be sent, for projects without credentials."""

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
        return DispatchRecorded(detail="nothing was sent: the project has no GitHub credentials (Settings → GitHub)")

    async def find_runs(
        self,
        repository: str,  # noqa: ARG002  # the signature of the protocol
        *,
        event: str,  # noqa: ARG002
        workflow: str | None,  # noqa: ARG002
        since: datetime,  # noqa: ARG002
    ) -> Sequence[ReportedRun]:
        """Return nothing: no workflow was started."""
        return ()

    async def run(self, repository: str, run_id: str) -> ReportedRun:
        """Raise GitHubRejected."""
        raise GitHubRejected(404, f"{repository} run {run_id}: the project has no GitHub credentials")

    async def jobs(self, repository: str, run_id: str, attempt: int) -> Sequence[Job]:  # noqa: ARG002
        """Return nothing."""
        return ()

    async def job_log(self, repository: str, job_id: str, limit: int) -> bytes | None:  # noqa: ARG002
        """Return nothing."""
        return None

    async def annotations(self, repository: str, job_id: str) -> Sequence[Annotation]:  # noqa: ARG002
        """Return nothing."""
        return ()

    async def file(self, repository: str, path: str, ref: str | None) -> str | None:  # noqa: ARG002
        """Return nothing."""
        return None

    async def workflows(
        self,
        repository: str,  # noqa: ARG002
        seen_commit: str | None,  # noqa: ARG002
        known: Mapping[str, str],  # noqa: ARG002
    ) -> WorkflowFolder | None:
        """Return nothing."""
        return None

    async def cancel(self, repository: str, run_id: str) -> None:
        """Raise GitHubRejected."""
        await self.run(repository, run_id)

    async def rerun_failed_jobs(self, repository: str, run_id: str) -> None:
        """Raise GitHubRejected."""
        await self.run(repository, run_id)
