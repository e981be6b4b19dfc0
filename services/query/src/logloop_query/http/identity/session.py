"""Endpoints of the caller's own session: sign in, read the caller, change the password, sign out."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from logloop_chassis.auth.authenticator import PLAIN_COOKIE, SECURE_COOKIE, same_origin, session_cookie
from logloop_chassis.auth.principal import Principal
from logloop_chassis.http.paging import MAX_LIMIT
from logloop_chassis.http.parameters import body_problems, problems
from logloop_chassis.http.problems import Forbidden, problem_responses
from pydantic import Field, SecretStr

from logloop_query.http.dependencies import CurrentAccounts, CurrentActor, CurrentRecordServices
from logloop_query.http.fields import Input, Moment, Output
from logloop_query.http.identity.users import NewPassword
from logloop_query.identity.passwords import MAX_LENGTH
from logloop_query.identity.sessions import MAX_LIFETIME, NewSession
from logloop_query.query_services import RecordServices
from logloop_query.records.audit import Actor

router = APIRouter(prefix="/api/v1/session", tags=["session"])
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
UserAgent = Annotated[str | None, Header(include_in_schema=False)]


class SignIn(Input):
    """Credentials of a user."""

    email: str = Field(max_length=254, examples=["ada@example.org"])
    password: SecretStr = Field(max_length=MAX_LENGTH, examples=["correct horse battery"])


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
    scopes: list[str] = Field(description="Scopes of a key in its projects; empty for users.")
    projects: list[ProjectRole] = Field(description="At most 1,000, ordered by id.")
    expires_at: Moment | None = Field(None, description="When the session ends at the latest.")


@router.post(
    "",
    status_code=201,
    summary="Sign in",
    operation_id="session_begin",
    responses=problem_responses(400, 401, 403, 413, 422, 429, 503),
)
async def sign_in(
    body: SignIn, request: Request, response: Response, services: CurrentRecordServices, user_agent: UserAgent = None
) -> WhoAmI:
    """Start a session and set its cookie. A session ends after 12 hours without use, and after 7 days at the latest.

    A wrong address and a wrong password get the same response. After ten failures within ten minutes, further
    attempts get 429 with `Retry-After`.
    """
    if not same_origin(request.headers, absent=True):
        raise Forbidden("sign in from Logloop's own page")
    response.headers["Cache-Control"] = "no-store"
    ip = request.client.host if request.client else None
    visitor = Actor(Principal("anonymous", "anonymous", "not signed in"), ip)
    session = await services.accounts.sign_in(body.email, body.password.get_secret_value(), visitor, user_agent)
    await services.sessions.end_token(session_cookie(request.headers))
    _set_cookie(request, response, session)
    return await _signed_in(services, session)


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
    session = await services.accounts.change_own_password(
        actor, body.old_password.get_secret_value(), body.new_password.get_secret_value(), user_agent
    )
    _set_cookie(request, response, session)
    return await _signed_in(services, session)


@router.delete("", status_code=204, summary="Sign out", operation_id="session_end", responses=problems())
async def sign_out(
    response: Response,
    actor: CurrentActor,
    accounts: CurrentAccounts,
    everywhere: Annotated[bool, Query(description="End all sessions of the user, on all devices.")] = False,
) -> None:
    """End the session and delete its cookie."""
    await accounts.sign_out(actor, everywhere=everywhere)
    response.delete_cookie(SECURE_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    response.delete_cookie(PLAIN_COOKIE, path="/", httponly=True, samesite="lax")


def _set_cookie(request: Request, response: Response, session: NewSession) -> None:
    secure = request.url.scheme == "https" or (request.url.hostname or "") in _LOCAL_HOSTS
    response.set_cookie(
        SECURE_COOKIE if secure else PLAIN_COOKIE,
        session.token,
        max_age=int(MAX_LIFETIME.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


async def _signed_in(services: RecordServices, session: NewSession) -> WhoAmI:
    principal = await services.accounts.principal_of(session)
    return (await _describe(services, principal)).model_copy(update={"expires_at": session.expires_at})


async def _describe(services: RecordServices, principal: Principal) -> WhoAmI:
    projects = await services.projects.page(principal, None, MAX_LIMIT)
    account = await services.accounts.describe(principal)
    role = "admin" if principal.is_admin else ", ".join(sorted(principal.scopes))
    return WhoAmI(
        kind=principal.kind,
        id=principal.id,
        name=principal.name,
        email=account.email,
        is_admin=principal.is_admin,
        must_change_password=principal.must_change_password,
        scopes=sorted(principal.scopes),
        projects=[
            ProjectRole(project_id=item["_id"], name=item["name"], role=principal.role_in.get(item["_id"], role))
            for item in projects
        ],
        expires_at=account.session_expires_at,
    )
