"""Sends requests to GitHub's REST API and keeps the tokens of GitHub Apps."""

import asyncio
import hashlib
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

import httpx
import orjson
from cachetools import TLRUCache
from logloop_chassis.outbound.egress import EgressGuard, refusal_behind
from logloop_chassis.outbound.guarded_http import guarded_transport

from logloop_ci_bridge.github.app_tokens import BadAppKey, app_token
from logloop_ci_bridge.github.gateway import GitHubCredentials, GitHubRejected, GitHubUnavailable
from logloop_ci_bridge.github.rate_limits import RateLimits
from logloop_ci_bridge.github.responses import GitHubResponse, raise_failure, read_json
from logloop_ci_bridge.telemetry import GITHUB_RATE_REMAINING, GITHUB_REQUESTS

API_VERSION = "2026-03-10"
"""With it, a workflow_dispatch returns its run."""
EARLIER_VERSION = "2022-11-28"
"""For GitHub Enterprise Servers that do not know the newer one."""
_HEADERS = {
    # Both types: a server built from GitHub's own description answers 406 to the vendor type alone.
    "Accept": "application/vnd.github+json, application/json",
    "User-Agent": "logloop-ci-bridge",
}
_TOKEN_MARGIN_S = 300
_MAX_TOKENS = 10_000
_MAX_BODY_BYTES = 16 * 2**20
_DOWNLOAD_S = 120.0
_BAD_REQUEST = 400
_LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=5)

TokenKey = tuple[str, str, str, str]
"""API, App, digest of its private key, and its installation or the repository."""


class GitHubClient:
    """One connection pool for all projects. `api_url` is used for projects that do not set another one."""

    def __init__(self, api_url: str, guard: EgressGuard, *, log_hosts: Sequence[str], timeout_s: float) -> None:
        self.api_url = api_url.rstrip("/")
        self.log_hosts = tuple(log_hosts)
        self._timeout_s = timeout_s
        self._http = httpx.AsyncClient(
            transport=guarded_transport(guard, "https", limits=_LIMITS),
            mounts={"http://": guarded_transport(guard, "http", limits=_LIMITS)},
            headers=_HEADERS,
            timeout=httpx.Timeout(timeout_s, connect=min(5.0, timeout_s)),
            follow_redirects=False,
            trust_env=False,
        )
        self._tokens: TLRUCache[TokenKey, tuple[str, float]] = TLRUCache(
            _MAX_TOKENS, ttu=lambda _key, value, _now: value[1] - _TOKEN_MARGIN_S, timer=time.time
        )
        self._limits = RateLimits()
        self._with_earlier_version: set[str] = set()
        self._requesting: WeakValueDictionary[TokenKey, asyncio.Lock] = WeakValueDictionary()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def base_url(self, credentials: GitHubCredentials) -> str:
        """Return the URL of the API that the credentials are for."""
        return credentials.api_url.rstrip("/") if credentials.api_url else self.api_url

    def uses_earlier_version(self, credentials: GitHubCredentials) -> bool:
        """Return whether the API does not know API_VERSION, as far as it has answered."""
        return _host(self.base_url(credentials)) in self._with_earlier_version

    async def token(self, credentials: GitHubCredentials, repository: str) -> str:
        """Return the bearer token: the project's own, or one of the App's installation, renewed before it expires.

        Raises GitHubRejected or GitHubUnavailable.
        """
        if credentials.token is not None:
            return credentials.token.get_secret_value()
        if credentials.app_id is None or credentials.private_key is None:
            raise GitHubRejected(401, "the project has neither a token nor a GitHub App")
        private_key = credentials.private_key.get_secret_value()
        key = (
            self.base_url(credentials),
            credentials.app_id,
            # Only who has the key gets the token that it was exchanged for.
            hashlib.sha256(private_key.encode()).hexdigest(),
            credentials.installation_id or repository,
        )
        # Callers that need the same token at the same time wait for one request.
        lock = self._requesting.setdefault(key, asyncio.Lock())
        async with lock:
            cached = self._tokens.get(key)
            if cached is None:
                self._tokens[key] = cached = await self._new_token(
                    credentials, credentials.app_id, private_key, repository
                )
        return cached[0]

    async def _new_token(
        self, credentials: GitHubCredentials, app_id: str, private_key: str, repository: str
    ) -> tuple[str, float]:
        """Request a token of the App's installation. Return it with the time at which it expires."""
        base = self.base_url(credentials)
        try:
            app = app_token(app_id, private_key, time.time())
        except BadAppKey as error:
            raise GitHubRejected(401, str(error)) from error
        installation = credentials.installation_id or await self._installation(base, app, repository)
        response = await self.request("POST", f"{base}/app/installations/{installation}/access_tokens", app)
        body = read_json(response)
        return str(body["token"]), datetime.fromisoformat(str(body["expires_at"])).timestamp()

    async def _installation(self, base: str, app: str, repository: str) -> str:
        return str(read_json(await self.request("GET", f"{base}/repos/{repository}/installation", app))["id"])

    async def request(
        self, method: str, url: str, token: str, *, params: Mapping[str, str] | None = None, body: Any = None
    ) -> GitHubResponse:
        """Return a successful response. Raises GitHubUnavailable or GitHubRejected."""
        response = await self.send(method, url, token, params=params, body=body)
        raise_failure(response)
        return response

    async def send(
        self,
        method: str,
        url: str,
        token: str | None,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        max_body_bytes: int = _MAX_BODY_BYTES,
    ) -> GitHubResponse:
        """Return any response, with at most `max_body_bytes` of its body.

        Raises GitHubBusy while GitHub asks to wait, and GitHubUnavailable, caused by the transport's error, when
        there is no response.
        """
        host = _host(url)
        self._limits.check(host, token or "")
        content = None if body is None else orjson.dumps(body)
        earlier = host in self._with_earlier_version
        headers = {"X-GitHub-Api-Version": EARLIER_VERSION if earlier else API_VERSION}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if content is not None:
            headers["Content-Type"] = "application/json"
        response = await self._exchange(method, url, params, content, headers, max_body_bytes)
        if response.status_code == _BAD_REQUEST and not earlier and b"version" in response.content.lower():
            self._with_earlier_version.add(host)
            headers["X-GitHub-Api-Version"] = EARLIER_VERSION
            response = await self._exchange(method, url, params, content, headers, max_body_bytes)
        self._limits.note(host, token or "", response)
        return response

    async def _exchange(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None,
        content: bytes | None,
        headers: Mapping[str, str],
        max_body_bytes: int,
    ) -> GitHubResponse:
        """Send one request.

        The whole exchange may take three times the timeout of a single wait, so that a slow response cannot delay
        other projects.
        """
        try:
            async with (
                asyncio.timeout(3 * self._timeout_s),
                self._http.stream(method, url, params=params, content=content, headers=headers) as arriving,
            ):
                raw = await _read(arriving, max_body_bytes)
                response = GitHubResponse(arriving.status_code, arriving.headers, raw)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            GITHUB_REQUESTS.labels(method, "none").inc()
            raise GitHubUnavailable(_no_response(error)) from error
        GITHUB_REQUESTS.labels(method, str(response.status_code)).inc()
        remaining = response.headers.get("x-ratelimit-remaining", "")
        if remaining.isdigit():
            GITHUB_RATE_REMAINING.set(int(remaining))
        return response

    async def download(self, url: str, limit: int) -> bytes | None:
        """Return at most `limit` bytes of a URL, without credentials; None when it does not exist.

        Raises GitHubUnavailable.
        """
        try:
            async with asyncio.timeout(_DOWNLOAD_S), self._http.stream("GET", url) as arriving:
                if arriving.status_code in (404, 410):
                    return None
                if arriving.status_code != 200:
                    raise GitHubUnavailable(f"the log download failed with status {arriving.status_code}")
                return await _read(arriving, limit)
        except (httpx.HTTPError, OSError) as error:
            raise GitHubUnavailable(f"the log download was interrupted: {_no_response(error)}") from error


def _host(url: str) -> str:
    """Return the scheme and host of a URL."""
    return "/".join(url.split("/", 3)[:3])


def never_sent(error: GitHubUnavailable) -> bool:
    """Return whether a request certainly did not reach GitHub."""
    return isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)


async def _read(arriving: httpx.Response, limit: int) -> bytes:
    """Read the first `limit` bytes of a body and leave the rest."""
    body = bytearray()
    async for piece in arriving.aiter_bytes():
        body += piece
        if len(body) >= limit:
            break
    return bytes(body[:limit])


def _no_response(error: Exception) -> str:
    refused = refusal_behind(error)
    return str(refused) if refused else f"no response from GitHub ({type(error).__name__})"
