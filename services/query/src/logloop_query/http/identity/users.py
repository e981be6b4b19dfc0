"""Routes of users, for administrators.

It must not show or take a password hash.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from logloop_chassis.auth.principal import require
from logloop_chassis.database.client import Document
from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from logloop_query.http.callers import CurrentActor, CurrentRecords, Cursor, Limit, body_problems, problems
from logloop_query.identity.passwords import MAX_LENGTH, MIN_LENGTH
from logloop_query.records.types import Input, Moment, Name, Output, Page, ProjectId, after_cursor, cursor_after

router = APIRouter(prefix="/api/v1/users", tags=["users"])
UserPath = Annotated[str, Path(pattern=r"^[a-z0-9_]{1,64}$", examples=["u_00q41d7nh6in9rudsm101qkcii"])]
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
    """What a user may do in one project."""

    project_id: ProjectId
    role: Role = Field(
        description="`viewer` reads, `member` also writes, `admin` also manages keys and settings of the project."
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
    role: Role = Field("member", description="`admin`: everything everywhere. Others need membership in projects.")
    projects: Memberships = Field(default_factory=list)
    password: NewPassword | None = Field(None, description="To be changed at first sign-in; generated if left out.")


class UserChanges(Input):
    """Fields to change; what is left out stays."""

    email: Email = Field(default_factory=str)
    name: Name = Field(default_factory=str)
    role: Role = Field(default_factory=lambda: "member")
    projects: Memberships = Field(default_factory=list, description="Replaces the whole list.")
    disabled: bool = Field(default_factory=bool, description="A disabled user is signed out and cannot sign in.")


class PasswordReset(Input):
    """A one-time password for a user."""

    password: NewPassword | None = Field(None, description="Generated if left out.")


class User(Output):
    """A user."""

    id: str = Field(examples=["u_00q41d7nh6in9rudsm101qkcii"])
    email: str
    name: str
    role: Role
    projects: list[Membership]
    disabled: bool
    must_change_password: bool
    created_at: Moment
    updated_at: Moment


class CreatedUser(User):
    """A new user."""

    one_time_password: str | None = Field(description="The generated password, shown this once.")


class GivenPassword(Output):
    """Outcome of a reset."""

    one_time_password: str | None = Field(description="The generated password, shown this once.")


class UserPage(Page[User]):
    """One page of users."""


def _user(document: Document) -> User:
    return User(id=document["_id"], **{name: value for name, value in document.items() if name != "_id"})


def _secret(password: SecretStr | None) -> str | None:
    return None if password is None else password.get_secret_value()


@router.post("", status_code=201, summary="Create a user", operation_id="user_create", responses=body_problems(409))
async def create(body: NewUser, actor: CurrentActor, records: CurrentRecords) -> CreatedUser:
    """Make a user with a one-time password, which they must change. Needs an administrator."""
    require(actor.principal, "admin", None)
    fields = body.model_dump(exclude={"password"})
    document, generated = await records.accounts.create(actor, fields, _secret(body.password))
    return CreatedUser(**_user(document).model_dump(), one_time_password=generated)


@router.get("", summary="List users", operation_id="user_list", responses=problems())
async def list_(actor: CurrentActor, records: CurrentRecords, limit: Limit = 100, cursor: Cursor = None) -> UserPage:
    """Users ordered by id. Needs an administrator."""
    require(actor.principal, "admin", None)
    found = await records.accounts.page(after_cursor(cursor), limit)
    return UserPage(items=[_user(document) for document in found], next_cursor=cursor_after(found, limit, "_id"))


@router.get("/{user_id}", summary="Read a user", operation_id="user_read", responses=problems(404))
async def read(user_id: UserPath, actor: CurrentActor, records: CurrentRecords) -> User:
    """One user. Needs an administrator."""
    require(actor.principal, "admin", None)
    return _user(await records.accounts.get(user_id))


@router.patch("/{user_id}", summary="Change a user", operation_id="user_update", responses=body_problems(404, 409))
async def update(user_id: UserPath, body: UserChanges, actor: CurrentActor, records: CurrentRecords) -> User:
    """Change a user. A new role, membership or disabled flag signs them out everywhere. Needs an administrator."""
    require(actor.principal, "admin", None)
    return _user(await records.accounts.change(actor, user_id, body.model_dump(exclude_unset=True)))


@router.delete(
    "/{user_id}", status_code=204, summary="Delete a user", operation_id="user_delete", responses=problems(404, 409)
)
async def delete(user_id: UserPath, actor: CurrentActor, records: CurrentRecords) -> None:
    """Delete a user and sign them out everywhere. The last administrator stays. Needs an administrator."""
    require(actor.principal, "admin", None)
    await records.accounts.remove(actor, user_id)


@router.post(
    "/{user_id}/password",
    summary="Reset a user's password",
    operation_id="user_password_reset",
    responses=body_problems(404),
)
async def reset_password(
    user_id: UserPath, body: PasswordReset, actor: CurrentActor, records: CurrentRecords
) -> GivenPassword:
    """Give a user a one-time password and sign them out everywhere. Needs an administrator."""
    require(actor.principal, "admin", None)
    generated = await records.accounts.reset_password(actor, user_id, _secret(body.password))
    return GivenPassword(one_time_password=generated)
