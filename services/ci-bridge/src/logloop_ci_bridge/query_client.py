"""What ci-bridge asks of query over HTTP: a project's GitHub credentials, and stored logs for back-tests.

It must not keep credentials longer than `FRESH_S` once query can be asked.
"""

import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import httpx
import orjson
from logloop_chassis.crypto import issue_service_token
from logloop_chassis.http.problems import BadGateway, Problem, Unavailable, Unprocessable

from logloop_ci_bridge.github.gateway import GitHubAway, GitHubCredentials

FRESH_S = 20.0
STALE_S = 600.0
_DEFAULT_API = "https://api.github.com"
_SERVICE = "ci-bridge"


class QueryApi:
    """A client of query with a short-lived service token of the project at hand."""

    def __init__(self, query_url: str, secret_key: str, *, timeout_s: float = 10.0) -> None:
        self._secret_key = secret_key
        self._timeout_s = timeout_s
        self._http = httpx.AsyncClient(
            base_url=query_url, timeout=httpx.Timeout(timeout_s, read=60.0), trust_env=False
        )
        self._credentials: dict[str, tuple[float, GitHubCredentials | None]] = {}

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def credentials(self, project_id: str) -> GitHubCredentials | None:
        """A project's credentials, None when it has none. Raises GitHubAway when query cannot be asked."""
        known = self._credentials.get(project_id)
        if known and time.monotonic() - known[0] < FRESH_S:
            return known[1]
        try:
            answer = await self._http.get(
                "/internal/settings/github",
                params={"project_id": project_id},
                headers=self._headers(project_id),
                timeout=self._timeout_s,  # dispatches and webhooks wait for it, unlike for logs
            )
            if answer.status_code == 404:
                found = None
            else:
                answer.raise_for_status()
                found = _credentials(orjson.loads(answer.content))
        except (httpx.HTTPError, orjson.JSONDecodeError, ValueError) as error:
            if known and time.monotonic() - known[0] < STALE_S:
                return known[1]
            raise GitHubAway(f"query cannot be asked for the GitHub settings ({type(error).__name__})") from error
        self._credentials[project_id] = (time.monotonic(), found)
        return found

    def forget(self, project_id: str) -> None:
        """Drop the credentials of a project."""
        self._credentials.pop(project_id, None)

    async def search(self, project_id: str, params: Mapping[str, str]) -> dict[str, Any]:
        """A page of stored logs as query answers it. Raises Problem."""
        try:
            answer = await self._http.get(
                "/api/v1/logs", params={"project_id": project_id, **params}, headers=self._headers(project_id)
            )
        except httpx.HTTPError as error:
            raise Unavailable("stored logs cannot be read: query is away; try again") from error
        _raise_problem(answer)
        found: dict[str, Any] = orjson.loads(answer.content)
        return found

    async def export(self, project_id: str, params: Mapping[str, str]) -> AsyncGenerator[dict[str, Any], None]:
        """Stored logs one by one. Raises Problem."""
        try:
            async with self._http.stream(
                "GET",
                "/api/v1/logs/export",
                params={"project_id": project_id, "format": "ndjson", **params},
                headers=self._headers(project_id),
            ) as answer:
                if answer.status_code != 200:
                    await answer.aread()
                    _raise_problem(answer)
                async for line in answer.aiter_lines():
                    if line.strip():
                        yield orjson.loads(line)
        except httpx.HTTPError as error:
            raise Unavailable("stored logs cannot be read: query is away; try again") from error

    def _headers(self, project_id: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {issue_service_token(self._secret_key, _SERVICE, project_id)}"}


def _credentials(body: Mapping[str, Any]) -> GitHubCredentials | None:
    kept = {name: str(value) for name, value in body.items() if value not in (None, "")}
    if kept.get("api_url", "").rstrip("/") == _DEFAULT_API:
        # The default of the settings; an operator's LOGLOOP_GITHUB_API_URL stands in for it.
        del kept["api_url"]
    found = GitHubCredentials.model_validate(kept)
    return found if found.usable or found.webhook_secret else None


def _raise_problem(answer: httpx.Response) -> None:
    if answer.status_code < 400:
        return
    try:
        detail = str(orjson.loads(answer.content).get("detail", ""))
    except (orjson.JSONDecodeError, AttributeError):
        detail = ""
    kind: type[Problem] = Unprocessable if answer.status_code in (400, 422) else BadGateway
    raise kind(detail or f"query answered {answer.status_code}")
