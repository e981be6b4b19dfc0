"""Endpoints of signing in with the identity provider, and of its settings.

Browsers open `start` and `callback` themselves, so a failure leads to the sign-in page with a reason instead of an
error document. That page says what the reason means.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from logloop_chassis.auth.authenticator import session_cookie
from logloop_chassis.auth.principal import require
from logloop_chassis.http.parameters import body_problems, problems
from logloop_chassis.http.problems import TooManyRequests, problem_responses
from pydantic import Field, SecretStr, StringConstraints

from logloop_query.http.dependencies import CurrentActor, CurrentIdentity
from logloop_query.http.fields import Input, Moment, Name, Output, ProjectId
from logloop_query.http.identity.cookies import (
    UserAgent,
    binding_of,
    delete_binding,
    set_binding,
    set_cookie,
    visitor,
)
from logloop_query.http.identity.targets import local_target, sign_in_page
from logloop_query.identity.pending import WITHIN
from logloop_query.identity.sign_on.failures import SignOnFailed
from logloop_query.identity.sign_on.provider_values import (
    ISSUER_PATTERN,
    SCOPES_PATTERN,
    TEXT_PATTERN,
    ProviderValues,
)
from logloop_query.identity.sign_on.settings import StoredProvider
from logloop_query.identity.sign_on.sign_on import Returned

router = APIRouter(prefix="/api/v1", tags=["session"])
_SETTINGS = "/settings/sign-on"
_MAX_PARAMETER = 4096
Issuer = Annotated[
    str,
    StringConstraints(max_length=500, pattern=ISSUER_PATTERN),
    Field(examples=["https://login.example.org/realms/acme"]),
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=TEXT_PATTERN)]
Scopes = Annotated[str, StringConstraints(max_length=500, pattern=SCOPES_PATTERN)]


class SignOnOffer(Output):
    """How people may sign in."""

    provider: str | None = Field(description="Name of the identity provider; null when none is set up.")
    only_provider: bool = Field(description="Whether passwords are switched off.")


class GroupRole(Input):
    """The role of a group in a project."""

    group: Text = Field(examples=["shop-developers"])
    project_id: ProjectId
    role: Literal["viewer", "member", "admin"]


class NewProvider(Input):
    """An identity provider with OpenID Connect, and what its groups may do."""

    name: Name = Field(description="Shown on the button of the sign-in page.", examples=["Acme"])
    issuer: Issuer = Field(description="Exactly as the provider states it; discovery reads the rest from there.")
    client_id: Text
    client_secret: Annotated[SecretStr, Field(min_length=1, max_length=500)] | None = Field(
        None, description="Omitted: the stored value stays. null: it is removed. Never returned."
    )
    scopes: Scopes = Field("openid email profile", description="Separated by spaces; openid is the first.")
    groups_claim: Text = Field("groups", description="Claim with the groups of a person; `a.b` is b within a.")
    admin_groups: list[Text] = Field(
        default_factory=list, max_length=100, description="Groups whose members administer the installation."
    )
    group_roles: list[GroupRole] = Field(default_factory=list, max_length=1000)
    link_by_email: bool = Field(False, description="Lets a verified address sign in as the existing user who has it.")


class Provider(Output):
    """The identity provider without its secret."""

    name: str
    issuer: str
    client_id: str
    has_client_secret: bool
    scopes: str
    groups_claim: str
    admin_groups: list[str]
    group_roles: list[GroupRole]
    link_by_email: bool
    updated_at: Moment


class ProviderSettings(Output):
    """The settings of signing in with a provider."""

    redirect_uri: str = Field(description="Register it at the provider.")
    provider: Provider | None
    from_environment: bool = Field(
        description="Whether the environment of query states the provider (LOGLOOP_OIDC_…); it is not changed here."
    )


class CheckedProvider(Output):
    """Result of a test."""

    ok: bool
    detail: str


def _settings(redirect_uri: str, stored: StoredProvider | None) -> ProviderSettings:
    if stored is None:
        return ProviderSettings(redirect_uri=redirect_uri, provider=None, from_environment=False)
    values = stored.values
    provider = Provider(
        name=values.name,
        issuer=values.issuer,
        client_id=values.client_id,
        has_client_secret=stored.has_client_secret,
        scopes=values.scopes,
        groups_claim=values.groups_claim,
        admin_groups=values.admin_groups,
        group_roles=[GroupRole.model_validate(item) for item in values.group_roles],
        link_by_email=values.link_by_email,
        updated_at=stored.updated_at,
    )
    return ProviderSettings(redirect_uri=redirect_uri, provider=provider, from_environment=stored.is_given)


@router.get(
    "/session/sign-on",
    summary="Read how people may sign in",
    operation_id="sign_on_read",
    responses=problem_responses(401, 422, 503),
)
async def offer(response: Response, identity: CurrentIdentity) -> SignOnOffer:
    """Read whether there is an identity provider, for the sign-in page. Needs no sign-in."""
    response.headers["Cache-Control"] = "no-store"
    stored = await identity.sign_on_settings.read()
    policy = await identity.sign_in_policy.read()
    return SignOnOffer(provider=stored.values.name if stored else None, only_provider=policy.only_provider)


@router.get("/session/sign-on/start", include_in_schema=False)
async def start(request: Request, identity: CurrentIdentity) -> Response:
    """Send the browser to the provider."""
    target = local_target(request.query_params.get("next"))
    try:
        begun = await identity.sign_on.begin(target, visitor(request))
    except SignOnFailed as failure:
        return _failed(failure.reason, target)
    except TooManyRequests:
        return _failed("too-many", target)
    response = _redirect(begun.url)
    set_binding(request, response, begun.binding, int(WITHIN["provider"].total_seconds()))
    return response


@router.get("/session/sign-on/callback", include_in_schema=False)
async def callback(request: Request, identity: CurrentIdentity, user_agent: UserAgent = None) -> Response:
    """Start a session for a browser that the provider sends back."""
    state, code, error, issuer = (
        request.query_params.get(name, "")[:_MAX_PARAMETER] for name in ("state", "code", "error", "iss")
    )
    returned = Returned(state, code, error, issuer, binding_of(request))
    try:
        completed = await identity.sign_on.complete(returned, visitor(request), user_agent)
    except SignOnFailed as failure:
        response = _failed(failure.reason, "/")
    else:
        await identity.sessions.end_token(session_cookie(request.headers))
        response = _redirect(completed.target)
        set_cookie(request, response, completed.session)
    delete_binding(response)
    return response


def _failed(reason: str, target: str) -> Response:
    return _redirect(sign_in_page(reason, target))


def _redirect(url: str) -> Response:
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return RedirectResponse(url, status_code=303, headers=headers)


@router.get(
    _SETTINGS,
    summary="Read the identity provider",
    operation_id="settings_sign_on_read",
    responses=problems(),
    tags=["settings"],
)
async def read(actor: CurrentActor, identity: CurrentIdentity) -> ProviderSettings:
    """Read the settings of the identity provider, without the secret. Needs an administrator."""
    require(actor.principal, "admin", None)
    return _settings(identity.sign_on.redirect_uri, await identity.sign_on_settings.read())


@router.put(
    _SETTINGS,
    summary="Set up the identity provider",
    operation_id="settings_sign_on_update",
    responses=body_problems(409),
    tags=["settings"],
)
async def put(body: NewProvider, actor: CurrentActor, identity: CurrentIdentity) -> ProviderSettings:
    """Set up the identity provider. The secret is encrypted at rest and never returned. Needs an administrator.

    A changed issuer needs the secret again, so that a stored secret is never sent to another party. A provider that
    the environment of query states cannot be changed here (409).
    """
    require(actor.principal, "admin", None)
    values = ProviderValues(**body.model_dump(exclude={"client_secret"}))
    secrets: dict[str, str | None] = {}
    if "client_secret" in body.model_fields_set:
        secrets["client_secret"] = body.client_secret.get_secret_value() if body.client_secret else None
    stored = await identity.sign_on_settings.put(actor, values, secrets)
    return _settings(identity.sign_on.redirect_uri, stored)


@router.delete(
    _SETTINGS,
    status_code=204,
    summary="Delete the identity provider",
    operation_id="settings_sign_on_delete",
    responses=problems(404, 409),
    tags=["settings"],
)
async def delete(actor: CurrentActor, identity: CurrentIdentity) -> None:
    """Delete the settings of the identity provider. Its users stay and cannot sign in. Needs an administrator."""
    require(actor.principal, "admin", None)
    await identity.sign_on_settings.delete(actor)


@router.post(
    f"{_SETTINGS}/test",
    summary="Test the identity provider",
    operation_id="settings_sign_on_test",
    responses=problems(),
    tags=["settings"],
)
async def check(actor: CurrentActor, identity: CurrentIdentity) -> CheckedProvider:
    """Read what the provider says about itself (discovery). Nobody is signed in. Needs an administrator."""
    require(actor.principal, "admin", None)
    try:
        return CheckedProvider(ok=True, detail=await identity.sign_on.check())
    except SignOnFailed as failure:
        return CheckedProvider(ok=False, detail=failure.detail or "no identity provider is set up")
