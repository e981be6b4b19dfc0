"""Checks whether the saved GitHub credentials of a project work, and returns GitHub's own message."""

import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson
from logloop_chassis.outbound.egress import refusal_behind

from logloop_ci_bridge.github.app_tokens import app_token
from logloop_ci_bridge.github.client import GitHubClient
from logloop_ci_bridge.github.gateway import GitHubCredentials, GitHubUnavailable
from logloop_ci_bridge.github.responses import GitHubResponse
from logloop_ci_bridge.query_client import QueryClient

_MAX_BODY_BYTES = 2**20
_MAX_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether the credentials work. `status` is the HTTP status of GitHub's response, None without one."""

    ok: bool
    detail: str
    status: int | None = None


class CredentialCheck:
    """Makes one GET request to GitHub with saved credentials."""

    def __init__(self, query: QueryClient, client: GitHubClient) -> None:
        self._query = query
        self._client = client

    async def check(self, project_id: str | None) -> CheckResult:
        """Ask GitHub for the default repository, else for the credentials themselves.

        `project_id` None checks the default settings. Raises Problem when the settings cannot be read.
        """
        credentials = await self._query.saved_credentials(project_id)
        try:
            token, path = _token_and_path(credentials)
        except ValueError as error:
            return CheckResult(ok=False, detail=str(error))
        base = self._client.base_url(credentials)
        try:
            response = await self._client.send("GET", base + path, token, max_body_bytes=_MAX_BODY_BYTES)
        except GitHubUnavailable as error:
            return CheckResult(ok=False, detail=_no_response(base, error))
        is_ours = base == self._client.api_url
        return _result(response, token, repeat_message=is_ours)


def _token_and_path(credentials: GitHubCredentials) -> tuple[str, str]:
    """Return a bearer token and the path to request with it. Raises ValueError that says what is missing."""
    if credentials.token is not None:
        repository = credentials.default_repository
        return credentials.token.get_secret_value(), f"/repos/{repository}" if repository else "/rate_limit"
    if credentials.app_id is not None and credentials.private_key is not None:
        installation = credentials.installation_id
        path = f"/app/installations/{installation}" if installation else "/app"
        return app_token(credentials.app_id, credentials.private_key.get_secret_value(), time.time()), path
    raise ValueError("no credentials: enter a token, or an app_id with its private_key and installation_id")


def _no_response(base: str, error: GitHubUnavailable) -> str:
    refused = refusal_behind(error)
    if refused is not None:
        return str(refused)
    cause = error.__cause__
    if cause is None:
        return str(error)
    return f"no answer from {urlsplit(base).hostname}: {str(cause) or type(cause).__name__}"


def _result(response: GitHubResponse, secret: str, *, repeat_message: bool) -> CheckResult:
    """Return what a response means. An address that a project has entered may be any, so its body is not repeated."""
    status = response.status_code
    if not repeat_message:
        if status != 200:
            return CheckResult(ok=False, detail=f"the server answers with status {status}", status=status)
        if not response.content.lstrip().startswith(b"{"):
            return CheckResult(ok=False, detail="the response is not JSON; check the address", status=status)
        return CheckResult(ok=True, detail="GitHub accepts the credentials", status=status)
    if status != 200:
        return CheckResult(ok=False, detail=_message(response.content, secret), status=status)
    try:
        found = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        detail = f"the response is not JSON: {_message(response.content, secret)}"
        return CheckResult(ok=False, detail=detail, status=status)
    body = found if isinstance(found, dict) else {}
    name = body.get("full_name") or body.get("slug") or body.get("app_slug") or "the credentials"
    return CheckResult(ok=True, detail=f"GitHub accepts {name}", status=status)


def _message(raw: bytes, secret: str) -> str:
    """GitHub's message on one line, shortened and without the secret."""
    try:
        body = orjson.loads(raw)
        error = body.get("error", body)
        text = str(error.get("message", error) if isinstance(error, dict) else error)
    except (orjson.JSONDecodeError, AttributeError):
        text = raw.decode(errors="replace")
    return " ".join(text.replace(secret, "***").split())[:_MAX_MESSAGE] or "an empty response"
