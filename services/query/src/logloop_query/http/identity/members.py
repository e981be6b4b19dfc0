"""Endpoints of the members of a project, for administrators of the project."""

from fastapi import APIRouter
from logloop_chassis.auth.principal import require
from logloop_chassis.database.client import Document
from logloop_chassis.http.paging import Cursor, Limit, Page, decode_id_cursor, next_id_cursor
from logloop_chassis.http.parameters import body_problems, problems
from pydantic import Field

from logloop_query.http.catalogue.projects import ProjectPath
from logloop_query.http.dependencies import CurrentActor, CurrentMembers
from logloop_query.http.fields import Input, Output
from logloop_query.http.identity.users import Email, UserPath
from logloop_query.identity.members import Role, role_in

router = APIRouter(prefix="/api/v1/projects/{project_id}/members", tags=["users"])


class NewMember(Input):
    """A user to add to a project."""

    email: Email = Field(description="Address of an existing user.")
    role: Role = "member"


class MemberChanges(Input):
    """The new role of a member."""

    role: Role


class Member(Output):
    """A user who may use a project."""

    user_id: str = Field(examples=["u_01KB4C7F3A9W2M5N8P1QRSTVWX"])
    email: str
    name: str
    role: Role = Field(description="`viewer` reads, `member` also writes, `admin` also manages keys and members.")
    is_admin: bool = Field(description="An administrator of the installation, who may do everything.")
    disabled: bool


class MemberPage(Page[Member]):
    """One page of members."""


def _member(user: Document, project_id: str) -> Member:
    is_admin = user["role"] == "admin"
    role = "admin" if is_admin else role_in(user, project_id) or "viewer"
    return Member(
        user_id=user["_id"],
        email=user["email"],
        name=user["name"],
        role=role,
        is_admin=is_admin,
        disabled=bool(user.get("disabled")),
    )


@router.get("", summary="List the members of a project", operation_id="member_list", responses=problems(404))
async def list_(
    project_id: ProjectPath, actor: CurrentActor, members: CurrentMembers, limit: Limit = 100, cursor: Cursor = None
) -> MemberPage:
    """List members and administrators of the installation, ordered by user id. Needs the scope `admin`."""
    require(actor.principal, "admin", project_id)
    found = await members.page(project_id, decode_id_cursor(cursor), limit)
    return MemberPage(
        items=[_member(user, project_id) for user in found], next_cursor=next_id_cursor(found, limit, "_id")
    )


@router.post(
    "",
    status_code=201,
    summary="Add a member to a project",
    operation_id="member_add",
    responses=body_problems(404, 409),
)
async def add(project_id: ProjectPath, body: NewMember, actor: CurrentActor, members: CurrentMembers) -> Member:
    """Give an existing user a role in the project. Needs the scope `admin`."""
    require(actor.principal, "admin", project_id)
    return _member(await members.add(actor, project_id, body.email, body.role), project_id)


@router.patch(
    "/{user_id}",
    summary="Change the role of a member",
    operation_id="member_update",
    responses=body_problems(404, 409),
)
async def update(
    project_id: ProjectPath, user_id: UserPath, body: MemberChanges, actor: CurrentActor, members: CurrentMembers
) -> Member:
    """Change the role of a member. A lower role ends the sessions of the user. Needs the scope `admin`."""
    require(actor.principal, "admin", project_id)
    return _member(await members.change(actor, project_id, user_id, body.role), project_id)


@router.delete(
    "/{user_id}",
    status_code=204,
    summary="Remove a member from a project",
    operation_id="member_remove",
    responses=problems(404, 409),
)
async def remove(project_id: ProjectPath, user_id: UserPath, actor: CurrentActor, members: CurrentMembers) -> None:
    """Remove a member and end the sessions of the user. Needs the scope `admin`."""
    require(actor.principal, "admin", project_id)
    await members.remove(actor, project_id, user_id)
