"""GitHub's REST API over HTTP: dispatches, runs, jobs and their logs. The only file that speaks to GitHub.

It must not decide what is sent or retried; it turns GitHub's answers into the results of `outbox` and `gateway`.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
from logloop_chassis.outbound.egress import EgressGuard, EgressRefused, check_redirect, refusal_behind
from logloop_chassis.outbound.guarded_http import guarded_transport

from logloop_ci_bridge.dispatches.outbox import Accepted, Dispatch, NotNow, Refused, SendResult, Unknown
from logloop_ci_bridge.github.app_tokens import BadAppKey, app_token
from logloop_ci_bridge.github.gateway import Annotation, GitHubAway, GitHubCredentials, GitHubRefused, Job, Step
from logloop_ci_bridge.runs.run import SeenRun, read_run
from logloop_ci_bridge.telemetry import GITHUB_RATE_REMAINING, GITHUB_REQUESTS

API_VERSION = "2022-11-28"
_HEADERS = {
    # Both types: a server built from GitHub's own description answers 406 to the vendor type alone.
    "Accept": "application/vnd.github+json, application/json",
    "X-GitHub-Api-Version": API_VERSION,
    "User-Agent": "logloop-ci-bridge",
}
_TOKEN_MARGIN_S = 300
_SECONDARY_LIMIT_S = 60.0
_MAX_PAGES = 10
_PAGE = 100
_MAX_ANSWER_BYTES = 16 * 2**20
_DOWNLOAD_S = 120.0
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=5)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of GitHub with its body, of which no more than 16 MiB is read."""

    status_code: int
    headers: httpx.Headers
    content: bytes


class GitHubClient:
    """One connection pool for all projects. `api_url` is used where a project names no other."""

    def __init__(self, api_url: str, guard: EgressGuard, *, log_hosts: Sequence[str], timeout_s: float) -> None:
        self.api_url = api_url.rstrip("/")
        self.log_hosts = tuple(log_hosts)
        self._timeout_s = timeout_s
        self.http = httpx.AsyncClient(
            transport=guarded_transport(guard, "https", limits=_LIMITS),
            mounts={"http://": guarded_transport(guard, "http", limits=_LIMITS)},
            headers=_HEADERS,
            timeout=httpx.Timeout(timeout_s, connect=min(5.0, timeout_s)),
            follow_redirects=False,
            trust_env=False,
        )
        self._tokens: dict[tuple[str, str, str], tuple[str, float]] = {}

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    def gateway(self, credentials: GitHubCredentials) -> "GitHubGateway":
        """GitHub with a project's credentials."""
        return GitHubGateway(self, credentials)

    def base_url(self, credentials: GitHubCredentials) -> str:
        """The API that the credentials are for."""
        return credentials.api_url.rstrip("/") if credentials.api_url else self.api_url

    async def token(self, credentials: GitHubCredentials, repository: str) -> str:
        """The bearer token: the project's own, or one of the App's installation, renewed before it ends."""
        if credentials.token is not None:
            return credentials.token.get_secret_value()
        if credentials.app_id is None or credentials.private_key is None:
            raise GitHubRefused(401, "the project has neither a token nor a GitHub App")
        base = self.base_url(credentials)
        key = (base, credentials.app_id, credentials.installation_id or repository)
        known = self._tokens.get(key)
        if known and known[1] - _TOKEN_MARGIN_S > time.time():
            return known[0]
        try:
            app = app_token(credentials.app_id, credentials.private_key.get_secret_value(), time.time())
        except BadAppKey as error:
            raise GitHubRefused(401, str(error)) from error
        installation = credentials.installation_id or await self._installation(base, app, repository)
        answer = await self.request("POST", f"{base}/app/installations/{installation}/access_tokens", app)
        body = read_json(answer)
        token, expires = str(body["token"]), datetime.fromisoformat(str(body["expires_at"])).timestamp()
        self._tokens[key] = (token, expires)
        return token

    async def _installation(self, base: str, app: str, repository: str) -> str:
        return str(read_json(await self.request("GET", f"{base}/repos/{repository}/installation", app))["id"])

    async def request(
        self, method: str, url: str, token: str, *, params: Mapping[str, str] | None = None, body: Any = None
    ) -> Answer:
        """A successful answer. Raises GitHubAway or GitHubRefused."""
        answer = await self.raw(method, url, token, params=params, body=body)
        failure = failure_of(answer)
        if isinstance(failure, Refused):
            raise GitHubRefused(failure.status, failure.detail)
        if failure is not None:
            wait = failure.retry_after_s if isinstance(failure, NotNow) else None
            raise GitHubAway(failure.detail, retry_after_s=wait)
        return answer

    async def raw(
        self, method: str, url: str, token: str, *, params: Mapping[str, str] | None = None, body: Any = None
    ) -> Answer:
        """Any answer. Raises GitHubAway when there is none, its cause the transport's error.

        The whole exchange has three times the time-out of a single wait, so that an answer that drips cannot hold up
        the other projects.
        """
        content = None if body is None else orjson.dumps(body)
        headers = {"Authorization": f"Bearer {token}"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        try:
            async with (
                asyncio.timeout(3 * self._timeout_s),
                self.http.stream(method, url, params=params, content=content, headers=headers) as arriving,
            ):
                answer = Answer(arriving.status_code, arriving.headers, await _read(arriving, _MAX_ANSWER_BYTES))
        except (httpx.HTTPError, OSError) as error:
            GITHUB_REQUESTS.labels(method, "none").inc()
            raise GitHubAway(_no_answer(error)) from error
        GITHUB_REQUESTS.labels(method, str(answer.status_code)).inc()
        remaining = answer.headers.get("x-ratelimit-remaining", "")
        if remaining.isdigit():
            GITHUB_RATE_REMAINING.set(int(remaining))
        return answer


class GitHubGateway:
    """GitHub for one project; see gateway.Gateway."""

    live = True

    def __init__(self, client: GitHubClient, credentials: GitHubCredentials) -> None:
        self._client = client
        self._credentials = credentials
        self._base = client.base_url(credentials)

    async def send(self, dispatch: Dispatch, sent_at: datetime) -> SendResult:
        """POST the dispatch once. Whatever happens is a result: a lost answer is `Unknown`."""
        try:
            token = await self._client.token(self._credentials, dispatch.repository)
        except GitHubRefused as error:
            return Refused(status=error.status, detail=str(error))
        except GitHubAway as error:
            return NotNow(detail=str(error), retry_after_s=error.retry_after_s)
        path, body = _dispatch_request(dispatch, sent_at)
        url = f"{self._base}{path}"
        try:
            answer = await self._client.raw("POST", url, token, body=body)
            if answer.status_code == 400 and body.pop("return_run_details", None):
                # GitHub Enterprise Server up to 3.20 does not know the flag and refuses the whole request.
                answer = await self._client.raw("POST", url, token, body=body)
        except GitHubAway as error:
            return _without_answer(error)
        return failure_of(answer) or _accepted(answer)

    async def find_runs(
        self, repository: str, *, event: str, workflow: str | None, since: datetime
    ) -> Sequence[SeenRun]:
        """Runs of an event since a moment, newest first; at most 1,000."""
        base = f"/repos/{repository}/actions"
        path = f"{base}/workflows/{workflow}/runs" if workflow else f"{base}/runs"
        created = since.astimezone(UTC).strftime(">=%Y-%m-%dT%H:%M:%SZ")
        rows = await self._pages(path, repository, "workflow_runs", {"event": event, "created": created})
        return [read_run(row, repository) for row in rows]

    async def run(self, repository: str, run_id: str) -> SeenRun:
        """A run as it is now."""
        answer = await self._get(f"/repos/{repository}/actions/runs/{run_id}", repository)
        return read_run(read_json(answer), repository)

    async def jobs(self, repository: str, run_id: str, attempt: int) -> Sequence[Job]:
        """The jobs of one attempt."""
        path = f"/repos/{repository}/actions/runs/{run_id}/attempts/{attempt}/jobs"
        return [_read_job(row) for row in await self._pages(path, repository, "jobs", {})]

    async def job_log(self, repository: str, job_id: str, limit: int) -> bytes | None:
        """Follow the one redirect by hand: to allowed hosts only, without our token."""
        token = await self._client.token(self._credentials, repository)
        answer = await self._client.raw("GET", f"{self._base}/repos/{repository}/actions/jobs/{job_id}/logs", token)
        if answer.status_code in (404, 410):
            return None
        if answer.status_code == 200:
            return answer.content[:limit]
        if answer.status_code != 302:
            _raise(answer)
        location = answer.headers.get("location", "")
        try:
            check_redirect(location, base_url=self._base, allowed_hosts=self._client.log_hosts)
        except EgressRefused as error:
            words = f"{error}; an operator may add it to LOGLOOP_GITHUB_LOG_HOSTS"
            raise GitHubRefused(302, words) from error
        return await self._download(location, limit)

    async def annotations(self, repository: str, job_id: str) -> Sequence[Annotation]:
        """Remarks of a job. Fine-grained tokens cannot read checks: that is no failure."""
        try:
            rows = await self._pages(f"/repos/{repository}/check-runs/{job_id}/annotations", repository, None, {})
        except GitHubRefused:
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

    async def _download(self, url: str, limit: int) -> bytes | None:
        try:
            async with asyncio.timeout(_DOWNLOAD_S), self._client.http.stream("GET", url) as answer:
                if answer.status_code in (404, 410):
                    return None
                if answer.status_code != 200:
                    raise GitHubAway(f"the log download answered {answer.status_code}")
                return await _read(answer, limit)
        except (httpx.HTTPError, OSError) as error:
            raise GitHubAway(f"the log download broke off: {_no_answer(error)}") from error

    async def _get(self, path: str, repository: str, params: Mapping[str, str] | None = None) -> Answer:
        token = await self._client.token(self._credentials, repository)
        return await self._client.request("GET", f"{self._base}{path}", token, params=params)

    async def _pages(
        self, path: str, repository: str, key: str | None, params: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for page in range(1, _MAX_PAGES + 1):
            answer = await self._get(path, repository, {**params, "per_page": str(_PAGE), "page": str(page)})
            body = read_json(answer)
            found = body[key] if key else body
            rows += found
            if len(found) < _PAGE:
                break
        return rows


def _dispatch_request(dispatch: Dispatch, sent_at: datetime) -> tuple[str, dict[str, Any]]:
    if dispatch.mode == "repository_dispatch":
        body = {"event_type": dispatch.event_type, "client_payload": dispatch.client_payload(sent_at)}
        return f"/repos/{dispatch.repository}/dispatches", body
    path = f"/repos/{dispatch.repository}/actions/workflows/{dispatch.workflow}/dispatches"
    return path, {"ref": dispatch.ref, "inputs": dispatch.inputs(), "return_run_details": True}


def _accepted(answer: Answer) -> Accepted:
    details = read_json(answer) if answer.status_code == 200 and answer.content else {}
    run_id = details.get("workflow_run_id") if isinstance(details, dict) else None
    return Accepted(
        status=answer.status_code,
        run_id=str(run_id) if run_id else None,
        run_url=details.get("html_url") if run_id else None,
    )


async def _read(answer: httpx.Response, limit: int) -> bytes:
    """The first `limit` bytes of a body; the rest is not waited for."""
    body = bytearray()
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) >= limit:
            break
    return bytes(body[:limit])


def _no_answer(error: Exception) -> str:
    refused = refusal_behind(error)
    return str(refused) if refused else f"no answer from GitHub ({type(error).__name__})"


def _without_answer(error: GitHubAway) -> SendResult:
    """Whether the request can have arrived decides between trying again and looking first."""
    if isinstance(error.__cause__, _NEVER_SENT):
        return NotNow(detail=str(error))
    return Unknown(detail=f"{error}; looking for the run before sending again")


def failure_of(answer: Answer) -> Refused | NotNow | Unknown | None:
    """What an unsuccessful answer means; None for success."""
    status = answer.status_code
    if status < 300:
        return None
    words = _words(answer)
    if status >= 500:
        return Unknown(status=status, detail=words)
    wait = _wait_asked_for(answer)
    if status == 429 or (status == 403 and (wait is not None or "rate limit" in words.lower())):
        return NotNow(status=status, detail=words, retry_after_s=_SECONDARY_LIMIT_S if wait is None else wait)
    return Refused(status=status, detail=words)


def _wait_asked_for(answer: Answer) -> float | None:
    after = answer.headers.get("retry-after", "")
    if after.isdigit():
        return float(after)
    reset = answer.headers.get("x-ratelimit-reset", "")
    if answer.headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
        return max(1.0, int(reset) - time.time())
    return None


def _words(answer: Answer) -> str:
    """GitHub's own message with its field errors, shortened."""
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        body = {}
    if not isinstance(body, dict) or not body.get("message"):
        return f"GitHub answered {answer.status_code}"
    words = str(body["message"])
    errors = body.get("errors")
    if errors:
        words += f" ({orjson.dumps(errors).decode()})"
    if answer.status_code == 404:
        words += ": no such repository or workflow, or the credentials may not write to it"
    return words[:1000]


def _raise(answer: Answer) -> None:
    failure = failure_of(answer)
    if isinstance(failure, Refused):
        raise GitHubRefused(failure.status, failure.detail)
    wait = failure.retry_after_s if isinstance(failure, NotNow) else None
    raise GitHubAway(failure.detail if failure else f"GitHub answered {answer.status_code}", retry_after_s=wait)


def read_json(answer: Answer) -> Any:
    """The JSON of an answer. Raises GitHubAway when it is none."""
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError as error:
        raise GitHubAway(f"GitHub answered {answer.status_code} with something other than JSON") from error


def _read_job(row: Mapping[str, Any]) -> Job:
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
