"""Reads the GitHub settings of projects and stored logs from query over HTTP."""

import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import httpx
import orjson
from cachetools import TTLCache
from logloop_chassis.auth.principal import Principal
from logloop_chassis.crypto import issue_service_token
from logloop_chassis.http.problems import BadGateway, Conflict, Problem, Unavailable, Unprocessable
from logloop_chassis.outbound.tls import tls_context_for
from logloop_contracts.audit import AuditedChange

from logloop_ci_bridge.github.app_setup import NewApp
from logloop_ci_bridge.github.gateway import DEFAULT_API_URL, GitHubCredentials, GitHubUnavailable

FRESH_S = 20.0
"""How long cached credentials are used without asking query."""
STALE_S = 600.0
"""How long cached credentials are used while query is unavailable."""
_MAX_CACHED = 10_000
_SERVICE = "ci-bridge"
_LOGS_UNAVAILABLE = "stored logs cannot be read: query is unavailable; try again"


class QueryClient:
    """Calls query with a short-lived service token for the project in question."""

    def __init__(self, query_url: str, secret_key: str, *, timeout_s: float = 10.0) -> None:
        self._secret_key = secret_key
        self._timeout_s = timeout_s
        self._http = httpx.AsyncClient(
            base_url=query_url,
            timeout=httpx.Timeout(timeout_s, read=60.0),
            trust_env=False,
            verify=tls_context_for(query_url),
        )
        self._credentials: TTLCache[str, tuple[float, GitHubCredentials | None]] = TTLCache(_MAX_CACHED, STALE_S)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def credentials(self, project_id: str) -> GitHubCredentials | None:
        """Return a project's credentials, None when it has none.

        Raises GitHubUnavailable when query is unavailable and nothing is cached.
        """
        cached = self._credentials.get(project_id)
        if cached and time.monotonic() - cached[0] < FRESH_S:
            return cached[1]
        try:
            response = await self._github_settings(project_id)
            if response.status_code == httpx.codes.NOT_FOUND:
                found = None
            else:
                response.raise_for_status()
                found = _credentials(orjson.loads(response.content))
        except (httpx.HTTPError, ValueError) as error:
            if cached:
                return cached[1]
            raise GitHubUnavailable(
                f"the GitHub settings cannot be read from query ({type(error).__name__})"
            ) from error
        self._credentials[project_id] = (time.monotonic(), found)
        return found

    async def saved_credentials(self, project_id: str | None) -> GitHubCredentials:
        """Return the credentials that are saved now, for a project or as the default. Raises Problem."""
        try:
            response = await self._github_settings(project_id)
        except httpx.HTTPError as error:
            raise Unavailable("the GitHub settings cannot be read: query is unavailable; try again") from error
        if response.status_code == httpx.codes.CONFLICT:
            raise Conflict(_detail(response))
        _raise_problem(response)
        return _read_credentials(orjson.loads(response.content))

    async def store_app(self, project_id: str | None, api_url: str, app: NewApp, by: Principal) -> None:
        """Store the credentials of a new GitHub App, on behalf of a person. Raises Problem."""
        body = {
            "by": {"kind": by.kind, "id": by.id, "name": by.name},
            "api_url": api_url,
            "app_id": app.app_id,
            "private_key": app.private_key,
            "webhook_secret": app.webhook_secret,
        }
        try:
            response = await self._http.put(
                "/internal/settings/github/app",
                params={} if project_id is None else {"project_id": project_id},
                json=body,
                headers=self._headers(project_id),
            )
        except httpx.HTTPError as error:
            raise Unavailable("the App was created, but query is unavailable, so its key is not stored") from error
        _raise_problem(response)
        if project_id is None:
            self._credentials.clear()
        else:
            self.forget(project_id)

    def forget(self, project_id: str) -> None:
        """Drop the cached credentials of a project."""
        self._credentials.pop(project_id, None)

    async def search(self, project_id: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Return a page of stored logs as query answers it. Raises Problem."""
        try:
            response = await self._http.get(
                "/api/v1/logs", params={"project_id": project_id, **params}, headers=self._headers(project_id)
            )
        except httpx.HTTPError as error:
            raise Unavailable(_LOGS_UNAVAILABLE) from error
        _raise_problem(response)
        found: dict[str, Any] = orjson.loads(response.content)
        return found

    async def request_analysis(self, project_id: str, wanted: Mapping[str, Any], *, key: str) -> None:
        """Request an analysis; a second request with the same key has no effect. Raises Problem."""
        body = {"project_id": project_id, **{name: value for name, value in wanted.items() if value is not None}}
        headers = {**self._headers(project_id), "Idempotency-Key": key}
        try:
            response = await self._http.post("/api/v1/logs/analyses", json=body, headers=headers)
        except httpx.HTTPError as error:
            raise Unavailable("the analysis cannot be requested: query is unavailable") from error
        _raise_problem(response)

    async def report_change(self, change: AuditedChange) -> None:
        """Add a change to the audit trail; a second report of it has no effect. Raises Problem."""
        try:
            response = await self._http.post(
                "/internal/audit",
                content=change.model_dump_json(),
                headers={**self._headers(change.project_id), "Content-Type": "application/json"},
                timeout=self._timeout_s,
            )
        except httpx.HTTPError as error:
            raise Unavailable("the change cannot be reported: query is unavailable") from error
        _raise_problem(response)

    async def export(self, project_id: str, params: Mapping[str, str]) -> AsyncGenerator[dict[str, Any], None]:
        """Yield stored logs one by one. Raises Problem."""
        try:
            async with self._http.stream(
                "GET",
                "/api/v1/logs/export",
                params={"project_id": project_id, "format": "ndjson", **params},
                headers=self._headers(project_id),
            ) as response:
                if response.status_code != httpx.codes.OK:
                    await response.aread()
                    _raise_problem(response)
                async for line in response.aiter_lines():
                    if line.strip():
                        yield orjson.loads(line)
        except httpx.HTTPError as error:
            raise Unavailable(_LOGS_UNAVAILABLE) from error

    async def _github_settings(self, project_id: str | None) -> httpx.Response:
        return await self._http.get(
            "/internal/settings/github",
            params={} if project_id is None else {"project_id": project_id},
            headers=self._headers(project_id),
            timeout=self._timeout_s,  # shorter than for logs: dispatches and webhooks wait for it
        )

    def _headers(self, project_id: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {issue_service_token(self._secret_key, _SERVICE, project_id)}"}


def _read_credentials(body: Mapping[str, Any]) -> GitHubCredentials:
    kept = {name: str(value) for name, value in body.items() if value not in (None, "")}
    return GitHubCredentials.for_api(kept.pop("api_url", DEFAULT_API_URL), **kept)


def _credentials(body: Mapping[str, Any]) -> GitHubCredentials | None:
    found = _read_credentials(body)
    return found if found.usable or found.webhook_secret else None


def _detail(response: httpx.Response) -> str:
    try:
        detail = str(orjson.loads(response.content).get("detail", ""))
    except (orjson.JSONDecodeError, AttributeError):
        detail = ""
    return detail or f"query answered {response.status_code}"


def _raise_problem(response: httpx.Response) -> None:
    if response.status_code < httpx.codes.BAD_REQUEST:
        return
    if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        raise Unavailable(_detail(response))
    kind: type[Problem] = Unprocessable if response.status_code in (400, 422) else BadGateway
    raise kind(_detail(response))
