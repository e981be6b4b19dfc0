"""Endpoints of users, for administrators."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from logloop_chassis.auth.principal import require
from logloop_chassis.database.client import Document
from logloop_chassis.http.paging import Cursor, Limit, Page, decode_id_cursor, next_id_cursor
from logloop_chassis.http.parameters import body_problems, problems
from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from logloop_query.http.dependencies import CurrentAccounts, CurrentActor
from logloop_query.http.fields import Input, Moment, Name, Output, ProjectId
from logloop_query.identity.passwords import MAX_LENGTH, MIN_LENGTH

router = APIRouter(prefix="/api/v1/users", tags=["users"])
UserPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9_]{1,64}$", examples=["u_01KB4C7F3A9W2M5N8P1QRSTVWX"])]
Email = Annotated[
    str,
    StringConstraints(
        pattern=r"^[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}$", max_length=254, strip_whitespace=True
    ),
    Field(examples=["ada@example.org"]),
]
Role = Literal["admin", "member", "viewer"]
NewPassword = Annotated[SecretStr, Field(min_length=MIN_LENGTH, max_length=MAX_LENGTH)]


class Membership(Input):
    """The role of a user in one project."""

    project_id: ProjectId
    role: Role = Field(
        description="`viewer` reads, `member` also writes, `admin` also manages the keys and settings of the project."
    )


def _one_role_a_project(memberships: list[Membership]) -> list[Membership]:
    if len({membership.project_id for membership in memberships}) != len(memberships):
        raise ValueError("name each project once")
    return memberships


Memberships = Annotated[list[Membership], Field(max_length=1000), AfterValidator(_one_role_a_project)]


class NewUser(Input):
    """A user to create."""

    email: Email
    name: Name = Field(examples=["Ada Lovelace"])
    role: Role = Field("member", description="`admin` may do everything. Others need memberships in projects.")
    projects: Memberships = Field(default_factory=list)
    password: NewPassword | None = Field(
        None, description="Must be changed at the first sign-in; omitted: generated."
    )


class UserChanges(Input):
    """Fields to change. Omitted fields stay as they are."""

    email: Email = Field(default_factory=str)
    name: Name = Field(default_factory=str)
    role: Role = Field(default_factory=lambda: "member")
    projects: Memberships = Field(default_factory=list, description="Replaces the whole list.")
    disabled: bool = Field(default_factory=bool, description="A disabled user is signed out and cannot sign in.")


class PasswordReset(Input):
    """A one-time password for a user."""

    password: NewPassword | None = Field(None, description="Omitted: generated.")


class User(Output):
    """A user."""

    id: str = Field(examples=["u_01KB4C7F3A9W2M5N8P1QRSTVWX"])
    email: str
    name: str
    role: Role
    projects: list[Membership]
    disabled: bool
    must_change_password: bool
    has_password: bool = Field(description="Whether the user has a password of Logloop.")
    has_two_factor: bool = Field(description="Whether the password needs a second factor.")
    created_at: Moment
    updated_at: Moment


class CreatedUser(User):
    """A new user."""

    one_time_password: str | None = Field(description="The generated password, which is shown only now.")


class OneTimePassword(Output):
    """Result of a password reset."""

    one_time_password: str | None = Field(description="The generated password, which is shown only now.")


class UserPage(Page[User]):
    """One page of users."""


def _user(document: Document) -> User:
    fields = {name: value for name, value in document.items() if name != "_id"}
    return User(
        id=document["_id"],
        has_password=bool(document.get("password_hash")),
        has_two_factor=bool(document.get("two_factor")),
        **fields,
    )


def _secret(password: SecretStr | None) -> str | None:
    return None if password is None else password.get_secret_value()


@router.post("", status_code=201, summary="Create a user", operation_id="user_create", responses=body_problems(409))
async def create(body: NewUser, actor: CurrentActor, accounts: CurrentAccounts) -> CreatedUser:
    """Create a user with a one-time password, which must be changed at the first sign-in. Needs an administrator."""
    require(actor.principal, "admin", None)
    fields = body.model_dump(exclude={"password"})
    document, generated = await accounts.create(actor, fields, _secret(body.password))
    return CreatedUser(**_user(document).model_dump(), one_time_password=generated)


@router.get("", summary="List users", operation_id="user_list", responses=problems())
async def list_(
    actor: CurrentActor, accounts: CurrentAccounts, limit: Limit = 100, cursor: Cursor = None
) -> UserPage:
    """List users ordered by id. Needs an administrator."""
    require(actor.principal, "admin", None)
    found = await accounts.page(decode_id_cursor(cursor), limit)
    return UserPage(items=[_user(document) for document in found], next_cursor=next_id_cursor(found, limit, "_id"))


@router.get("/{user_id}", summary="Read a user", operation_id="user_read", responses=problems(404))
async def read(user_id: UserPath, actor: CurrentActor, accounts: CurrentAccounts) -> User:
    """Read one user. Needs an administrator."""
    require(actor.principal, "admin", None)
    return _user(await accounts.get(user_id))


@router.patch("/{user_id}", summary="Change a user", operation_id="user_update", responses=body_problems(404, 409))
async def update(user_id: UserPath, body: UserChanges, actor: CurrentActor, accounts: CurrentAccounts) -> User:
    """Change a user. A new role, membership or disabled flag ends all their sessions. Needs an administrator."""
    require(actor.principal, "admin", None)
    return _user(await accounts.update(actor, user_id, body.model_dump(exclude_unset=True)))


@router.delete(
    "/{user_id}", status_code=204, summary="Delete a user", operation_id="user_delete", responses=problems(404, 409)
)
async def delete(user_id: UserPath, actor: CurrentActor, accounts: CurrentAccounts) -> None:
    """Delete a user and end all their sessions. The last administrator cannot be deleted. Needs an administrator."""
    require(actor.principal, "admin", None)
    await accounts.delete(actor, user_id)


@router.post(
    "/{user_id}/password",
    summary="Reset a user's password",
    operation_id="user_password_reset",
    responses=body_problems(404),
)
async def reset_password(
    user_id: UserPath, body: PasswordReset, actor: CurrentActor, accounts: CurrentAccounts
) -> OneTimePassword:
    """Set a one-time password and end all sessions of the user. Needs an administrator."""
    require(actor.principal, "admin", None)
    generated = await accounts.reset_password(actor, user_id, _secret(body.password))
    return OneTimePassword(one_time_password=generated)
