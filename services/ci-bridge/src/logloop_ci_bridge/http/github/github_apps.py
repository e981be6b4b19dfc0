"""The set-up of GitHub under /api/v1/ci/github: a new App, its installations and repositories."""

from collections.abc import Awaitable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from logloop_chassis.auth.principal import require
from logloop_chassis.http.parameters import body_problems, problems
from logloop_chassis.http.problems import BadGateway, Unavailable, Unprocessable
from logloop_chassis.outbound.egress import EgressRefused, refusal_behind
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pydantic import BaseModel, ConfigDict, Field

from logloop_ci_bridge.github.app_manifest import RETURN_PATH, creation_page, manifest
from logloop_ci_bridge.github.app_page import page_of, policy_of
from logloop_ci_bridge.github.app_states import AppSetup, BadState
from logloop_ci_bridge.github.gateway import GitHubRejected, GitHubUnavailable
from logloop_ci_bridge.http.callers import Caller, CurrentCaller

router = APIRouter(prefix="/api/v1/ci/github", tags=["github"])
T = TypeVar("T")
OptionalProject = Annotated[
    str | None,
    Query(pattern=PROJECT_ID_PATTERN, description="The project; omitted: the default of the installation."),
]
_STATE = r"^[A-Za-z0-9_.-]{1,2000}$"


class AppRequest(BaseModel):
    """A GitHub App to create."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"project_id": "shop", "name": "Logloop of acme", "organization": "acme"}]},
    )

    project_id: str | None = Field(
        None, pattern=PROJECT_ID_PATTERN, description="The project; omitted: the default of the installation."
    )
    name: str = Field(min_length=1, max_length=34, description="Must be unique on GitHub.")
    organization: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,98}[A-Za-z0-9])?$",
        description="The owner of the App; omitted: the person who creates it.",
    )
    api_url: str = Field(
        "https://api.github.com",
        max_length=500,
        pattern=r"^https?://[^\s\x00]+$",
        description="For GitHub Enterprise: https://host/api/v3.",
    )


class AppBegun(BaseModel):
    """A set-up that has begun."""

    state: str = Field(description="Comes back from GitHub with the code. Valid for an hour, for the caller only.")
    page: str = Field(description="The page that hands the App's manifest to GitHub.")


class AppCode(BaseModel):
    """What GitHub sends people back with."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"code": "a180b1a3d263c81bc6441d7b990bae27", "state": "eyJ…"}]},
    )

    code: str = Field(pattern=r"^[A-Za-z0-9_-]{1,200}$")
    state: str = Field(pattern=_STATE)


class AppCreated(BaseModel):
    """The App whose credentials are stored now."""

    project_id: str | None
    app_id: str
    name: str
    page: str = Field(description="The App's page on GitHub, where it is installed.")
    has_webhook_secret: bool


class AppInstallation(BaseModel):
    """An account on which the App is installed."""

    id: str
    account: str
    repositories: str = Field(examples=["selected"])
    suspended: bool


class AppInstallations(BaseModel):
    """The App and the accounts on which it is installed."""

    name: str
    page: str
    items: list[AppInstallation]


class Repositories(BaseModel):
    """Repositories that the credentials reach."""

    items: list[str]


@router.post("/apps", summary="Begin a GitHub App", operation_id="github_app_begin", responses=body_problems(404))
async def begin(body: AppRequest, caller: CurrentCaller) -> AppBegun:
    """Begin to create a GitHub App with the permissions that Logloop needs. Nothing is created yet.

    Open the page in a browser: GitHub asks for a confirmation there, and sends the person back with a code.
    """
    require(caller.principal, "admin", body.project_id)
    try:
        caller.services.app_setup.check(body.api_url)
    except EgressRefused as error:
        field = {"field": "body.api_url", "reason": str(error)}
        raise Unprocessable(str(error), errors=[field]) from error
    state = caller.services.app_states.issue(AppSetup(by=_id_of(caller), **body.model_dump()))
    return AppBegun(state=state, page=f"/api/v1/ci/github/apps/{state}")


@router.get(
    "/apps/{state}",
    summary="Open the page that creates a GitHub App",
    operation_id="github_app_open",
    response_class=HTMLResponse,
    responses=problems(404),
)
async def open_page(state: str, caller: CurrentCaller) -> HTMLResponse:
    """Return the page that posts the App's manifest to GitHub."""
    setup = _setup(caller, state)
    base = caller.services.app_setup.base_url(setup.api_url)
    action = creation_page(base, setup.organization, state)
    headers = {"Content-Security-Policy": policy_of(action), "Cache-Control": "no-store"}
    wanted = manifest(setup.name, caller.services.public_url)
    return HTMLResponse(page_of(wanted, action, RETURN_PATH), headers=headers)


@router.post(
    "/apps/complete",
    summary="Store a new GitHub App",
    operation_id="github_app_complete",
    responses=body_problems(404, 502),
)
async def complete(body: AppCode, caller: CurrentCaller) -> AppCreated:
    """Exchange GitHub's code for the App's private key and webhook secret, and store both encrypted.

    They replace a token and the credentials of another App.
    """
    setup = _setup(caller, body.state)
    app = await _from_github(caller.services.app_setup.exchange(setup.api_url, body.code))
    await caller.services.query.store_app(setup.project_id, setup.api_url, app, caller.principal)
    return AppCreated(
        project_id=setup.project_id,
        app_id=app.app_id,
        name=app.name,
        page=app.page,
        has_webhook_secret=app.webhook_secret is not None,
    )


@router.get(
    "/installations",
    summary="List the installations of the GitHub App",
    operation_id="github_installation_list",
    responses=problems(404, 502),
)
async def installations(caller: CurrentCaller, project_id: OptionalProject = None) -> AppInstallations:
    """Ask GitHub on which accounts the App of the settings is installed."""
    require(caller.principal, "admin", project_id)
    credentials = await caller.services.query.saved_credentials(project_id)
    found = await _from_github(caller.services.app_setup.installations(credentials))
    items = [
        AppInstallation(id=item.id, account=item.account, repositories=item.repositories, suspended=item.suspended)
        for item in found.installations
    ]
    return AppInstallations(name=found.name, page=found.page, items=items)


@router.get(
    "/repositories",
    summary="List the repositories on GitHub",
    operation_id="github_repository_list",
    responses=problems(404, 502),
)
async def repositories(
    caller: CurrentCaller,
    project_id: OptionalProject = None,
    installation_id: Annotated[
        str | None, Query(pattern=r"^[0-9]{1,20}$", description="Instead of the stored installation of the App.")
    ] = None,
) -> Repositories:
    """Ask GitHub for the repositories that the credentials of the settings reach, at most 1000."""
    require(caller.principal, "admin", project_id)
    credentials = await caller.services.query.saved_credentials(project_id)
    return Repositories(
        items=list(await _from_github(caller.services.app_setup.repositories(credentials, installation_id)))
    )


def _id_of(caller: Caller) -> str:
    return f"{caller.principal.kind}/{caller.principal.id}"


def _setup(caller: Caller, state: str) -> AppSetup:
    """Return the set-up of a state that the caller began and may still complete. Raises Unprocessable."""
    try:
        setup = caller.services.app_states.read(state, _id_of(caller))
    except BadState as error:
        raise Unprocessable(str(error)) from error
    require(caller.principal, "admin", setup.project_id)
    return setup


async def _from_github(asking: Awaitable[T]) -> T:
    """Return what GitHub answers. Raises Unprocessable, BadGateway or Unavailable with GitHub's message."""
    try:
        return await asking
    except ValueError as error:
        raise Unprocessable(str(error)) from error
    except GitHubRejected as error:
        raise BadGateway(f"GitHub answered {error.status}: {error}") from error
    except GitHubUnavailable as error:
        refused = refusal_behind(error)
        raise (Unavailable(str(error)) if refused is None else Unprocessable(str(refused))) from error
