"""Endpoints of the caller's own session: sign in, read the caller, change the password, sign out."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from logloop_chassis.auth.authenticator import session_cookie
from logloop_chassis.auth.principal import Principal
from logloop_chassis.http.paging import MAX_LIMIT
from logloop_chassis.http.parameters import body_problems, problems
from logloop_chassis.http.problems import problem_responses
from pydantic import Field, SecretStr

from logloop_query.http.dependencies import CurrentActor, CurrentIdentity, CurrentRecordServices
from logloop_query.http.fields import Input, Moment, Output
from logloop_query.http.identity.cookies import UserAgent, delete_cookies, require_own_page, set_cookie, visitor
from logloop_query.http.identity.users import NewPassword
from logloop_query.identity.passwords import MAX_LENGTH
from logloop_query.identity.sessions import NewSession
from logloop_query.identity.sign_in import CodeNeeded
from logloop_query.query_services import RecordServices

router = APIRouter(prefix="/api/v1/session", tags=["session"])
_SIGN_IN_PROBLEMS = problem_responses(400, 401, 403, 413, 422, 429, 503)


class SignIn(Input):
    """Credentials of a user."""

    email: str = Field(max_length=254, examples=["ada@example.org"])
    password: SecretStr = Field(max_length=MAX_LENGTH, examples=["correct horse battery"])


class SecondStep(Output):
    """A password was right, and a code is needed. There is no session yet."""

    second_step: Literal["code"]
    token: str = Field(description="Send it with the code. It is valid for five minutes, once.")
    expires_at: Moment


class Code(Input):
    """The code of a user with two-factor sign-in."""

    token: str = Field(min_length=1, max_length=100)
    code: str = Field(
        min_length=1, max_length=50, description="Of the authenticator app, or a recovery code.", examples=["492039"]
    )


class ProviderSignOut(Output):
    """Where the session at the identity provider ends."""

    provider_url: str


class PasswordChange(Input):
    """The old and the new password."""

    old_password: SecretStr = Field(max_length=MAX_LENGTH)
    new_password: NewPassword


class ProjectRole(Output):
    """A project of the caller."""

    project_id: str
    name: str
    role: str = Field(description="viewer, member or admin; for a key its scopes.")


class WhoAmI(Output):
    """The caller."""

    kind: Literal["user", "key", "service", "anonymous"]
    id: str
    name: str
    email: str | None = None
    is_admin: bool = Field(description="Whether the caller may do everything everywhere.")
    must_change_password: bool = Field(description="Whether the password is a one-time password.")
    must_set_up_two_factor: bool = Field(
        description="Whether the session allows nothing but the set-up of two-factor sign-in."
    )
    has_password: bool = Field(description="Whether the user has a password of Logloop.")
    scopes: list[str] = Field(description="Scopes of a key in its projects; empty for users.")
    projects: list[ProjectRole] = Field(description="At most 1,000, ordered by id.")
    expires_at: Moment | None = Field(None, description="When the session ends at the latest.")


@router.post(
    "",
    status_code=201,
    summary="Sign in",
    operation_id="session_begin",
    response_model=WhoAmI,
    responses={**_SIGN_IN_PROBLEMS, 202: {"model": SecondStep, "description": "A code is needed."}},
)
async def sign_in(
    body: SignIn, request: Request, response: Response, services: CurrentRecordServices, user_agent: UserAgent = None
) -> Any:
    """Start a session and set its cookie. A session ends after 12 hours without use, and after 7 days at the latest.

    A user with two-factor sign-in gets 202 and a token for `POST /api/v1/session/code`, and no session yet.
    A wrong address and a wrong password get the same response. After ten failures within ten minutes, further
    attempts get 429 with `Retry-After`.
    """
    require_own_page(request, response)
    outcome = await services.identity.sign_in.with_password(
        body.email, body.password.get_secret_value(), visitor(request), user_agent
    )
    if isinstance(outcome, CodeNeeded):
        step = SecondStep(second_step="code", token=outcome.token, expires_at=outcome.expires_at)
        return Response(
            step.model_dump_json(),
            status_code=202,
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )
    return await begun(request, response, services, outcome)


@router.post(
    "/code",
    status_code=201,
    summary="Sign in with a code",
    operation_id="session_begin_with_code",
    responses=_SIGN_IN_PROBLEMS,
)
async def sign_in_with_code(
    body: Code, request: Request, response: Response, services: CurrentRecordServices, user_agent: UserAgent = None
) -> WhoAmI:
    """Complete a sign-in with the code of the authenticator app, or with a recovery code. Each code works once."""
    require_own_page(request, response)
    session = await services.identity.sign_in.with_code(body.token, body.code, visitor(request), user_agent)
    return await begun(request, response, services, session)


@router.get("", summary="Read the current caller", operation_id="session_read", responses=problems())
async def read(actor: CurrentActor, services: CurrentRecordServices) -> WhoAmI:
    """Read the caller, signed in by session or key, and the projects that the caller may see."""
    return await _describe(services, actor.principal)


@router.put(
    "/password",
    summary="Change your password",
    operation_id="session_password_change",
    responses=body_problems(404, 429),
)
async def change_password(
    body: PasswordChange,
    request: Request,
    response: Response,
    actor: CurrentActor,
    services: CurrentRecordServices,
    user_agent: UserAgent = None,
) -> WhoAmI:
    """Change the caller's password. All sessions of the user end, and a new one starts with a new cookie."""
    session = await services.identity.accounts.change_own_password(
        actor, body.old_password.get_secret_value(), body.new_password.get_secret_value(), user_agent
    )
    set_cookie(request, response, session)
    return await signed_in(services, session)


@router.delete(
    "",
    status_code=204,
    summary="Sign out",
    operation_id="session_end",
    responses={**problems(), 200: {"model": ProviderSignOut, "description": "The provider has a session, too."}},
)
async def sign_out(
    actor: CurrentActor,
    identity: CurrentIdentity,
    everywhere: Annotated[bool, Query(description="End all sessions of the user, on all devices.")] = False,
) -> Response:
    """End the session and delete its cookie. The response may name the page that ends the session at the provider."""
    session = await identity.sign_in.out(actor, everywhere=everywhere)
    url = await identity.sign_on.sign_out_url(session)
    headers = {"Cache-Control": "no-store"}
    response = (
        Response(status_code=204, headers=headers)
        if url is None
        else JSONResponse({"provider_url": url}, headers=headers)
    )
    delete_cookies(response)
    return response


async def begun(request: Request, response: Response, services: RecordServices, session: NewSession) -> WhoAmI:
    """Set the cookie of a new session, end the one that it replaces, and return the caller."""
    await services.identity.sessions.end_token(session_cookie(request.headers))
    set_cookie(request, response, session)
    return await signed_in(services, session)


async def signed_in(services: RecordServices, session: NewSession) -> WhoAmI:
    """Return the caller of a new session."""
    principal = await services.identity.accounts.principal_of(session)
    return (await _describe(services, principal)).model_copy(update={"expires_at": session.expires_at})


async def _describe(services: RecordServices, principal: Principal) -> WhoAmI:
    projects = await services.projects.page(principal, None, MAX_LIMIT)
    account = await services.identity.accounts.describe(principal)
    role = "admin" if principal.is_admin else ", ".join(sorted(principal.scopes))
    return WhoAmI(
        kind=principal.kind,
        id=principal.id,
        name=principal.name,
        email=account.email,
        is_admin=principal.is_admin,
        must_change_password=principal.must_change_password,
        must_set_up_two_factor=principal.must_set_up_two_factor,
        has_password=account.has_password,
        scopes=sorted(principal.scopes),
        projects=[
            ProjectRole(project_id=item["_id"], name=item["name"], role=principal.role_in.get(item["_id"], role))
            for item in projects
        ],
        expires_at=account.session_expires_at,
    )
