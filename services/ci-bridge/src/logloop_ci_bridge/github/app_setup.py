"""Talks to GitHub for the set-up: exchanges the code of a new App, and lists installations and repositories."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from logloop_chassis.outbound.egress import EgressGuard

from logloop_ci_bridge.github.app_tokens import BadAppKey, app_token
from logloop_ci_bridge.github.client import GitHubClient
from logloop_ci_bridge.github.gateway import GitHubCredentials, GitHubRejected, GitHubUnavailable
from logloop_ci_bridge.github.responses import raise_failure, read_json

T = TypeVar("T")
PER_PAGE = 100
MAX_PAGES = 10


@dataclass(frozen=True, slots=True)
class NewApp:
    """An App that GitHub has created, with its secrets."""

    app_id: str
    name: str
    page: str
    private_key: str
    webhook_secret: str | None


@dataclass(frozen=True, slots=True)
class Installation:
    """An account on which an App is installed. `repositories`: all, or the selected ones."""

    id: str
    account: str
    repositories: str
    suspended: bool


@dataclass(frozen=True, slots=True)
class InstalledApp:
    """An App with its page on GitHub and its installations."""

    name: str
    page: str
    installations: Sequence[Installation]


class AppSetupGateway:
    """Each method raises GitHubRejected, GitHubUnavailable, or ValueError for credentials that are not complete."""

    def __init__(self, client: GitHubClient, guard: EgressGuard) -> None:
        self._client = client
        self._guard = guard

    def base_url(self, api_url: str) -> str:
        """Return the address that is called for the API address of settings: the operator may replace the default."""
        return self._client.base_url(GitHubCredentials.for_api(api_url))

    def check(self, api_url: str) -> None:
        """Raise EgressRefused for an API address that may not be called."""
        self._guard.check(self.base_url(api_url))

    async def exchange(self, api_url: str, code: str) -> NewApp:
        """Return the App of a code. GitHub accepts a code once, for an hour."""
        base = self.base_url(api_url)
        with self._own_words(base):
            response = await self._client.send(
                "POST", f"{base}/app-manifests/{quote(code, safe='')}/conversions", None
            )
            raise_failure(response)
            return _read(read_json(response), _new_app)

    async def installations(self, credentials: GitHubCredentials) -> InstalledApp:
        """Return the App of these credentials with its installations."""
        if credentials.app_id is None or credentials.private_key is None:
            raise ValueError("these settings have no GitHub App; create one, or enter app_id and private_key")
        base = self._client.base_url(credentials)
        token = _signed(credentials.app_id, credentials.private_key.get_secret_value())
        with self._own_words(base):
            app = read_json(await self._client.request("GET", f"{base}/app", token))
            items = await self._pages(f"{base}/app/installations", token, list)
        return _read(app, lambda found: _installed(found, items))

    async def repositories(self, credentials: GitHubCredentials, installation_id: str | None) -> Sequence[str]:
        """Return the names of the repositories that the credentials reach, of an App those of an installation."""
        base = self._client.base_url(credentials)
        if not credentials.usable:
            raise ValueError("these settings have neither a GitHub App nor a token; enter one first")
        chosen = installation_id or credentials.installation_id
        if credentials.token is None and chosen is None:
            raise ValueError("choose an installation of the App first")
        with self._own_words(base):
            if credentials.token is not None:
                token = credentials.token.get_secret_value()
                items = await self._pages(f"{base}/user/repos", token, list)
            else:
                token = await self._client.token(credentials.model_copy(update={"installation_id": chosen}), "")
                items = await self._pages(
                    f"{base}/installation/repositories", token, lambda page: list(page["repositories"])
                )
        return sorted({_read(item, lambda found: str(found["full_name"])) for item in items}, key=str.lower)

    @contextmanager
    def _own_words(self, base: str) -> Iterator[None]:
        """Repeat the messages of the operator's GitHub only: an address that a project has entered may be any."""
        try:
            yield
        except GitHubRejected as error:
            if base == self._client.api_url:
                raise
            raise GitHubRejected(error.status, "the server refuses the request") from error

    async def _pages(self, url: str, token: str, items_of: Callable[[Any], list[Any]]) -> list[Any]:
        found: list[Any] = []
        for page in range(1, MAX_PAGES + 1):
            params = {"per_page": str(PER_PAGE), "page": str(page)}
            items = _read(read_json(await self._client.request("GET", url, token, params=params)), items_of)
            found += items
            if len(items) < PER_PAGE:
                break
        return found


def _signed(app_id: str, private_key: str) -> str:
    try:
        return app_token(app_id, private_key, time.time())
    except BadAppKey as error:
        raise GitHubRejected(401, str(error)) from error


def _read(body: Any, read: Callable[[Any], T]) -> T:
    """Read a body. Raises GitHubUnavailable when it has another form: any server may be at the address."""
    try:
        return read(body)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise GitHubUnavailable("the response is not one of GitHub; check the API address") from error


def _new_app(found: Mapping[str, Any]) -> NewApp:
    secret = found.get("webhook_secret")
    return NewApp(
        str(found["id"]),
        str(found["name"]),
        str(found["html_url"]),
        str(found["pem"]),
        None if secret is None else str(secret),
    )


def _installed(app: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> InstalledApp:
    return InstalledApp(
        str(app["name"]),
        str(app["html_url"]),
        [
            Installation(
                str(item["id"]),
                str(item["account"].get("login") or item["account"].get("slug")),
                str(item["repository_selection"]),
                item.get("suspended_at") is not None,
            )
            for item in items
        ],
    )
