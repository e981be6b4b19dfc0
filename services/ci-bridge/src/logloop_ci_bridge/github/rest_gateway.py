"""GitHub for one project over its REST API: dispatches, runs, jobs and their logs."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from logloop_chassis.outbound.egress import EgressRefused, check_redirect

from logloop_ci_bridge.dispatches.outbox import (
    Dispatch,
    DispatchAccepted,
    DispatchDeferred,
    DispatchRejected,
    OutcomeUnknown,
    SendResult,
)
from logloop_ci_bridge.github.client import GitHubClient, never_sent
from logloop_ci_bridge.github.gateway import (
    Annotation,
    GitHubBusy,
    GitHubCredentials,
    GitHubRejected,
    GitHubUnavailable,
    Job,
    Step,
    WorkflowFolder,
)
from logloop_ci_bridge.github.responses import GitHubResponse, failure_of, raise_failure, read_json
from logloop_ci_bridge.github.workflow_folder import FolderReader
from logloop_ci_bridge.github.workflow_runs import ReportedRun, parse_run

_MAX_PAGES = 10
_PER_PAGE = 100
_NOT_FOUND = 404


class RestGateway:
    """Implements `gateway.Gateway` with the credentials of a project."""

    live = True

    def __init__(self, client: GitHubClient, credentials: GitHubCredentials) -> None:
        self._client = client
        self._credentials = credentials
        self._base = client.base_url(credentials)

    async def send(self, dispatch: Dispatch, sent_at: datetime) -> SendResult:
        """POST the dispatch once. A lost response is `OutcomeUnknown`."""
        try:
            token = await self._client.token(self._credentials, dispatch.repository)
        except GitHubRejected as error:
            return DispatchRejected(status=error.status, detail=str(error))
        except GitHubUnavailable as error:
            return _not_sent(error)
        asks_for_run = self._client.uses_earlier_version(self._credentials)
        path, body = _dispatch_request(dispatch, sent_at, asks_for_run=asks_for_run)
        url = f"{self._base}{path}"
        try:
            response = await self._client.send("POST", url, token, body=body)
            if response.status_code == 400 and body.pop("return_run_details", None):
                # GitHub Enterprise Server up to 3.20 does not support the flag and rejects the whole request.
                response = await self._client.send("POST", url, token, body=body)
        except GitHubBusy as error:
            return _not_sent(error)
        except GitHubUnavailable as error:
            return _without_response(error)
        return failure_of(response) or _accepted(response)

    async def find_runs(
        self, repository: str, *, event: str, workflow: str | None, since: datetime
    ) -> Sequence[ReportedRun]:
        """Return the runs of an event since a moment, newest first; at most 1,000."""
        base = f"/repos/{repository}/actions"
        path = f"{base}/workflows/{workflow}/runs" if workflow else f"{base}/runs"
        created = since.astimezone(UTC).strftime(">=%Y-%m-%dT%H:%M:%SZ")
        rows = await self._pages(path, repository, "workflow_runs", {"event": event, "created": created})
        return [parse_run(row, repository) for row in rows]

    async def run(self, repository: str, run_id: str) -> ReportedRun:
        """Return the current state of a run."""
        response = await self._get(f"/repos/{repository}/actions/runs/{run_id}", repository)
        return parse_run(read_json(response), repository)

    async def jobs(self, repository: str, run_id: str, attempt: int) -> Sequence[Job]:
        """Return the jobs of one attempt."""
        path = f"/repos/{repository}/actions/runs/{run_id}/attempts/{attempt}/jobs"
        return [_parse_job(row) for row in await self._pages(path, repository, "jobs", {})]

    async def job_log(self, repository: str, job_id: str, limit: int) -> bytes | None:
        """Return a job's log. Its one redirect is followed by hand: to allowed hosts only, and without the token."""
        token = await self._client.token(self._credentials, repository)
        response = await self._client.send(
            "GET", f"{self._base}/repos/{repository}/actions/jobs/{job_id}/logs", token
        )
        if response.status_code in (404, 410):
            return None
        if response.status_code == 200:
            return response.content[:limit]
        if response.status_code != 302:
            raise_failure(response)
            raise GitHubUnavailable(f"GitHub answered {response.status_code}")
        location = response.headers.get("location", "")
        try:
            check_redirect(location, base_url=self._base, allowed_hosts=self._client.log_hosts)
        except EgressRefused as error:
            raise GitHubRejected(302, f"{error}; an operator may add it to LOGLOOP_GITHUB_LOG_HOSTS") from error
        return await self._client.download(location, limit)

    async def annotations(self, repository: str, job_id: str) -> Sequence[Annotation]:
        """Return the annotations of a job; none when the credentials may not read them, as fine-grained tokens."""
        try:
            rows = await self._pages(f"/repos/{repository}/check-runs/{job_id}/annotations", repository, None, {})
        except GitHubRejected:
            return ()
        return [
            Annotation(
                level=str(row.get("annotation_level") or "notice"),
                message=str(row.get("message") or ""),
                path=row.get("path"),
                line=row.get("start_line"),
                title=row.get("title") or None,
            )
            for row in rows
        ]

    async def file(self, repository: str, path: str, ref: str | None) -> str | None:
        """Return the text of a file of the repository, at a commit or the default branch; None when it has none."""
        try:
            params = {} if ref is None else {"ref": ref}
            response = await self._get(f"/repos/{repository}/contents/{quote(path)}", repository, params)
        except GitHubRejected as error:
            if error.status != _NOT_FOUND:
                raise
            return None
        found = read_json(response)
        if not isinstance(found, dict) or found.get("encoding") != "base64":
            return None  # a folder, or a file that is too large for this operation
        return base64.b64decode(str(found.get("content") or "")).decode("utf-8", "replace")

    async def workflows(
        self, repository: str, seen_commit: str | None, known: Mapping[str, str]
    ) -> WorkflowFolder | None:
        """Return the workflow files of the default branch, None when its commit is `seen_commit`."""
        return await FolderReader(self._client, self._credentials, repository).read(seen_commit, known)

    async def cancel(self, repository: str, run_id: str) -> None:
        """Ask to cancel a run. GitHub rejects it with 409 when the run has completed."""
        await self._post(f"/repos/{repository}/actions/runs/{run_id}/cancel", repository)

    async def rerun_failed_jobs(self, repository: str, run_id: str) -> None:
        """Ask to run the failed jobs of a run again. GitHub rejects it with 403 while the run is in progress."""
        await self._post(f"/repos/{repository}/actions/runs/{run_id}/rerun-failed-jobs", repository)

    async def _post(self, path: str, repository: str) -> None:
        token = await self._client.token(self._credentials, repository)
        await self._client.request("POST", f"{self._base}{path}", token)

    async def _get(self, path: str, repository: str, params: Mapping[str, str] | None = None) -> GitHubResponse:
        token = await self._client.token(self._credentials, repository)
        return await self._client.request("GET", f"{self._base}{path}", token, params=params)

    async def _pages(
        self, path: str, repository: str, key: str | None, params: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for page in range(1, _MAX_PAGES + 1):
            response = await self._get(path, repository, {**params, "per_page": str(_PER_PAGE), "page": str(page)})
            body = read_json(response)
            found = body[key] if key else body
            rows += found
            if len(found) < _PER_PAGE:
                break
        return rows


def _dispatch_request(dispatch: Dispatch, sent_at: datetime, *, asks_for_run: bool) -> tuple[str, dict[str, Any]]:
    """Return the path and the body. Only the earlier version of the API must be asked to return the run."""
    if dispatch.mode == "repository_dispatch":
        body = {"event_type": dispatch.event_type, "client_payload": dispatch.client_payload(sent_at)}
        return f"/repos/{dispatch.repository}/dispatches", body
    path = f"/repos/{dispatch.repository}/actions/workflows/{dispatch.workflow}/dispatches"
    asked = {"return_run_details": True} if asks_for_run else {}
    return path, {"ref": dispatch.ref, "inputs": dispatch.inputs(), **asked}


def _accepted(response: GitHubResponse) -> DispatchAccepted:
    details = read_json(response) if response.status_code == 200 and response.content else {}
    run_id = details.get("workflow_run_id") if isinstance(details, dict) else None
    return DispatchAccepted(
        status=response.status_code,
        run_id=str(run_id) if run_id else None,
        run_url=details.get("html_url") if run_id else None,
    )


def _not_sent(error: GitHubUnavailable) -> DispatchDeferred:
    if isinstance(error, GitHubBusy):
        return DispatchDeferred(
            detail=str(error), retry_after_s=error.retry_after_s, waits_for=error.waits_for, sent=False
        )
    return DispatchDeferred(detail=str(error), retry_after_s=error.retry_after_s)


def _without_response(error: GitHubUnavailable) -> SendResult:
    """A request that cannot have arrived is sent again; otherwise its run is looked for first."""
    if never_sent(error):
        return DispatchDeferred(detail=str(error))
    return OutcomeUnknown(detail=f"{error}; looking for the run before sending again")


def _parse_job(row: Mapping[str, Any]) -> Job:
    steps = tuple(
        Step(
            number=int(step.get("number") or 0),
            name=str(step.get("name") or ""),
            conclusion=step.get("conclusion"),
            started_at=_moment(step.get("started_at")),
            completed_at=_moment(step.get("completed_at")),
        )
        for step in row.get("steps") or ()
    )
    return Job(
        id=str(row["id"]),
        name=str(row.get("name") or row["id"]),
        conclusion=row.get("conclusion"),
        steps=steps,
        started_at=_moment(row.get("started_at")),
        completed_at=_moment(row.get("completed_at")),
    )


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if isinstance(text, str) and text else None
