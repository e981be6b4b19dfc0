"""Routes of the caller's own session: sign in, who am I, change the password, sign out.

It must not tell why a sign-in failed.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from logloop_chassis.auth.authenticator import PLAIN_COOKIE, SECURE_COOKIE, same_origin, session_cookie
from logloop_chassis.auth.principal import Principal
from logloop_chassis.crypto import session_hash
from logloop_chassis.http.problems import Forbidden, problem_responses
from pydantic import Field, SecretStr

from logloop_query.http.callers import CurrentActor, CurrentRecords, body_problems, problems
from logloop_query.http.identity.users import NewPassword
from logloop_query.identity.passwords import MAX_LENGTH
from logloop_query.identity.sessions import ABSOLUTE, NewSession
from logloop_query.records.audit import Actor
from logloop_query.records.types import Input, Moment, Output

router = APIRouter(prefix="/api/v1/session", tags=["session"])
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
UserAgent = Annotated[str | None, Header(include_in_schema=False)]


class SignIn(Input):
    """Credentials of a user."""

    email: str = Field(max_length=254, examples=["ada@example.org"])
    password: SecretStr = Field(max_length=MAX_LENGTH, examples=["correct horse battery"])


class PasswordChange(Input):
    """The old password and the one to use from now on."""

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
    is_admin: bool = Field(description="May do everything everywhere.")
    must_change_password: bool = Field(description="The password is a one-time one; change it now.")
    scopes: list[str] = Field(description="What a key may do in its projects; empty for users.")
    projects: list[ProjectRole] = Field(description="At most 1,000, ordered by id.")
    expires_at: Moment | None = Field(None, description="When the session ends whatever happens.")


@router.post(
    "",
    status_code=201,
    summary="Sign in",
    operation_id="session_begin",
    responses=problem_responses(400, 401, 403, 413, 422, 429, 503),
)
async def sign_in(
    body: SignIn, request: Request, response: Response, records: CurrentRecords, user_agent: UserAgent = None
) -> WhoAmI:
    """Begin a session and set its cookie. It ends after 12 hours without use and after 7 days in any case.

    A wrong address and a wrong password get the same answer. After ten failures within ten minutes further
    attempts are refused with 429 and `Retry-After`.
    """
    if not same_origin(request.headers, absent=True):
        raise Forbidden("sign in from Logloop's own page")
    ip = request.client.host if request.client else None
    response.headers["Cache-Control"] = "no-store"
    nobody = Actor(Principal("anonymous", "anonymous", "not signed in"), ip)
    user, session = await records.accounts.sign_in(body.email, body.password.get_secret_value(), nobody, user_agent)
    old = session_cookie(request.headers)
    if old:
        await records.sessions.end(session_hash(old))
    _set_cookie(request, response, session)
    return await _signed_in(request, records, session, str(user["_id"]))


@router.get("", summary="Who am I?", operation_id="session_read", responses=problems())
async def who_am_i(actor: CurrentActor, records: CurrentRecords) -> WhoAmI:
    """The caller, whether by session or by key, and the projects they may see."""
    return await _describe(records, actor.principal)


@router.put(
    "/password",
    summary="Change my password",
    operation_id="session_password_change",
    responses=body_problems(404, 429),
)
async def change_password(
    body: PasswordChange,
    request: Request,
    response: Response,
    actor: CurrentActor,
    records: CurrentRecords,
    user_agent: UserAgent = None,
) -> WhoAmI:
    """Change the own password. Every session of the user ends, and this one goes on under a new cookie."""
    if actor.principal.kind != "user":
        raise Forbidden("only a signed-in user has a password; keys are replaced by creating another")
    user, session = await records.accounts.change_own_password(
        actor, body.old_password.get_secret_value(), body.new_password.get_secret_value(), user_agent
    )
    _set_cookie(request, response, session)
    return await _signed_in(request, records, session, str(user["_id"]))


@router.delete("", status_code=204, summary="Sign out", operation_id="session_end", responses=problems())
async def sign_out(
    response: Response,
    actor: CurrentActor,
    records: CurrentRecords,
    everywhere: Annotated[bool, Query(description="End every session of the user, on all devices.")] = False,
) -> None:
    """End the session and remove its cookie."""
    principal = actor.principal
    if principal.session_id is None:
        raise Forbidden("there is no session to end; a key is revoked with DELETE /api/v1/api-keys/{id}")
    if everywhere:
        await records.sessions.end_all(principal.id)
    await records.sessions.end(principal.session_id)
    await records.audit.record(actor, "session.end_all" if everywhere else "session.end", "user", principal.id)
    response.delete_cookie(SECURE_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    response.delete_cookie(PLAIN_COOKIE, path="/", httponly=True, samesite="lax")


def _set_cookie(request: Request, response: Response, session: NewSession) -> None:
    secure = request.url.scheme == "https" or (request.url.hostname or "") in _LOCAL_HOSTS
    response.set_cookie(
        SECURE_COOKIE if secure else PLAIN_COOKIE,
        session.token,
        max_age=int(ABSOLUTE.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


async def _signed_in(request: Request, records: CurrentRecords, session: NewSession, user_id: str) -> WhoAmI:
    request.app.state.resources.authenticator.forget("users", user_id)
    principal = await records.accounts.principal(user_id, session.session_id)
    return (await _describe(records, principal)).model_copy(update={"expires_at": session.expires_at})


async def _describe(records: CurrentRecords, principal: Principal) -> WhoAmI:
    projects = await records.projects.page(principal, None, 1000)
    account = await records.accounts.describe(principal)
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
