"""Endpoints of the caller's own second factor, and of the rules of signing in."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from logloop_chassis.auth.principal import require
from logloop_chassis.http.parameters import body_problems, problems
from pydantic import Field, SecretStr

from logloop_query.http.dependencies import CurrentActor, CurrentIdentity
from logloop_query.http.fields import Input, Moment, Output
from logloop_query.http.identity.cookies import UserAgent, set_cookie
from logloop_query.http.identity.users import UserPath
from logloop_query.identity.passwords import MAX_LENGTH
from logloop_query.identity.sign_in_policy import Policy
from logloop_query.identity.two_factor import describe

router = APIRouter(prefix="/api/v1", tags=["session"])
_OWN = "/session/two-factor"
Password = Annotated[SecretStr, Field(max_length=MAX_LENGTH, description="The caller's own password.")]
CodeText = Annotated[
    str,
    Field(min_length=1, max_length=50, description="The code that the authenticator app shows.", examples=["492039"]),
]


class TwoFactorState(Output):
    """Whether the caller signs in with a second factor."""

    enabled: bool
    required: bool = Field(description="Whether the installation requires it of users with a password.")
    since: Moment | None
    recovery_codes_left: int


class TwoFactorBegin(Input):
    """What begins the set-up."""

    password: Password


class TwoFactorSetup(Output):
    """What an authenticator app needs; shown only now."""

    secret: str = Field(description="In base32, for typing it.", examples=["JBSWY3DPEHPK3PXP"])
    uri: str = Field(description="For a link on the phone itself.")
    qr_svg: str = Field(description="The same as a QR code, as an SVG element.")


class TwoFactorConfirm(Input):
    """A code that shows that the app has the secret."""

    code: CodeText


class TwoFactorProof(Input):
    """What a change of the second factor needs."""

    password: Password
    code: CodeText


class RecoveryCodes(Output):
    """Codes that replace the app when it is lost. Each works once; shown only now."""

    recovery_codes: list[str]


class SignInRules(Input):
    """The rules of signing in with a password."""

    two_factor_required: bool = Field(
        False, description="Users with a password have to set up a second factor first."
    )
    only_provider: bool = Field(
        False,
        description="People sign in with the identity provider only. Administrators may use their password from the "
        "machine itself (loopback).",
    )


@router.get(_OWN, summary="Read your two-factor sign-in", operation_id="two_factor_read", responses=problems())
async def read(actor: CurrentActor, identity: CurrentIdentity) -> TwoFactorState:
    """Read whether the caller signs in with a second factor. Needs a user with a password."""
    user, required = await identity.second_factors.own(actor)
    return TwoFactorState(required=required, **describe(user))


@router.post(
    _OWN, summary="Begin two-factor sign-in", operation_id="two_factor_begin", responses=body_problems(409, 429)
)
async def begin(body: TwoFactorBegin, actor: CurrentActor, identity: CurrentIdentity) -> TwoFactorSetup:
    """Get a new secret for an authenticator app. It takes effect when a code confirms it, within 15 minutes."""
    setup = await identity.second_factors.begin(actor, body.password.get_secret_value())
    return TwoFactorSetup(secret=setup.secret, uri=setup.uri, qr_svg=setup.qr_svg)


@router.post(
    f"{_OWN}/confirm",
    summary="Turn two-factor sign-in on",
    operation_id="two_factor_confirm",
    responses=body_problems(409, 429),
)
async def confirm(
    body: TwoFactorConfirm,
    request: Request,
    response: Response,
    actor: CurrentActor,
    identity: CurrentIdentity,
    user_agent: UserAgent = None,
) -> RecoveryCodes:
    """Turn two-factor sign-in on with a code of the app. All sessions of the user end, and a new one starts."""
    session, codes = await identity.second_factors.confirm(actor, body.code, user_agent)
    set_cookie(request, response, session)
    return RecoveryCodes(recovery_codes=codes)


@router.post(
    f"{_OWN}/recovery-codes",
    summary="Get new recovery codes",
    operation_id="two_factor_renew",
    responses=body_problems(409, 429),
)
async def renew(body: TwoFactorProof, actor: CurrentActor, identity: CurrentIdentity) -> RecoveryCodes:
    """Replace the recovery codes. The earlier ones no longer work."""
    codes = await identity.second_factors.renew_recovery_codes(actor, body.password.get_secret_value(), body.code)
    return RecoveryCodes(recovery_codes=codes)


@router.post(
    f"{_OWN}/turn-off",
    status_code=204,
    summary="Turn two-factor sign-in off",
    operation_id="two_factor_end",
    responses=body_problems(409, 429),
)
async def turn_off(body: TwoFactorProof, actor: CurrentActor, identity: CurrentIdentity) -> None:
    """Turn two-factor sign-in off, with the password and a code."""
    await identity.second_factors.turn_off(actor, body.password.get_secret_value(), body.code)


@router.delete(
    "/users/{user_id}/two-factor",
    status_code=204,
    summary="Reset a user's two-factor sign-in",
    operation_id="user_two_factor_reset",
    responses=problems(404),
    tags=["users"],
)
async def reset(user_id: UserPath, actor: CurrentActor, identity: CurrentIdentity) -> None:
    """Turn two-factor sign-in of a user off, who lost the app and the recovery codes, and end all their sessions.

    Needs an administrator.
    """
    require(actor.principal, "admin", None)
    await identity.second_factors.reset(actor, user_id)


@router.get(
    "/settings/sign-in",
    summary="Read the rules of signing in",
    operation_id="settings_sign_in_read",
    responses=problems(),
    tags=["settings"],
)
async def read_rules(actor: CurrentActor, identity: CurrentIdentity) -> SignInRules:
    """Read the rules of signing in with a password. Needs an administrator."""
    require(actor.principal, "admin", None)
    policy = await identity.sign_in_policy.read()
    return SignInRules(two_factor_required=policy.two_factor_required, only_provider=policy.only_provider)


@router.put(
    "/settings/sign-in",
    summary="Set the rules of signing in",
    operation_id="settings_sign_in_update",
    responses=body_problems(409),
    tags=["settings"],
)
async def put_rules(body: SignInRules, actor: CurrentActor, identity: CurrentIdentity) -> SignInRules:
    """Require a second factor of users with a password, or leave passwords to administrators. Needs an administrator.

    Open sessions of users who lack a second factor that is required allow nothing but its set-up from now on.
    """
    require(actor.principal, "admin", None)
    await identity.sign_in_policy.put(actor, Policy(**body.model_dump()))
    return body
