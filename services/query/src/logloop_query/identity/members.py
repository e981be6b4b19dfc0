"""Manages the members of a project: users with a role there."""

from collections.abc import Awaitable, Callable
from typing import Literal

from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, NotFound, Unprocessable
from logloop_chassis.ids import utc_now

from logloop_query.catalogue.projects import Projects
from logloop_query.identity.sessions import Sessions
from logloop_query.identity.stores.users import UserStore
from logloop_query.records.audit import Actor, AuditTrail, audited

Role = Literal["viewer", "member", "admin"]
_RIGHTS = ("viewer", "member", "admin")


class Members:
    """The members of projects.

    Administrators of the installation may do everything in every project, so they cannot be members of one.
    """

    def __init__(
        self,
        users: UserStore,
        projects: Projects,
        sessions: Sessions,
        authenticator: Authenticator,
        audit: AuditTrail,
    ) -> None:
        self._users = users
        self._projects = projects
        self._sessions = sessions
        self._authenticator = authenticator
        self._audit = audit

    async def page(self, project_id: str, after: str | None, limit: int) -> list[Document]:
        """Return members and administrators of the installation, ordered by user id. Raises NotFound."""
        await self._projects.get(project_id)
        return await self._users.page_of_project(project_id, after=after, limit=limit)

    async def add(self, actor: Actor, project_id: str, email: str, role: Role) -> Document:
        """Give a user a role in a project. Raises Conflict for a member, and Unprocessable for an unknown address."""

        async def find() -> Document:
            user = await self._users.find_by_email(email.lower())
            if user is None:
                raise Unprocessable(
                    f"no user has the e-mail address {email}; an administrator of the installation creates users"
                )
            if role_in(user, project_id) is not None:
                raise Conflict(f"{email} is a member already; change the role")
            return user

        return await self._change(actor, project_id, find, role)

    async def change(self, actor: Actor, project_id: str, user_id: str, role: Role) -> Document:
        """Change the role of a member. A lower role ends the sessions of the user. Raises NotFound."""
        return await self._change(actor, project_id, lambda: self._member(project_id, user_id), role)

    async def remove(self, actor: Actor, project_id: str, user_id: str) -> None:
        """Remove a member from a project and end the sessions of the user. Raises NotFound."""
        await self._change(actor, project_id, lambda: self._member(project_id, user_id), None)

    async def _change(
        self, actor: Actor, project_id: str, find: Callable[[], Awaitable[Document]], role: Role | None
    ) -> Document:
        await self._projects.require_active(project_id)
        after = await self._record_change(actor, project_id, find, role)
        self._authenticator.forget("users", after["_id"])
        return after

    @audited
    async def _record_change(
        self, actor: Actor, project_id: str, find: Callable[[], Awaitable[Document]], role: Role | None
    ) -> Document:
        before = await find()
        if before["role"] == "admin":
            raise Conflict(f"{before['email']} is an administrator of the installation and may do everything already")
        old = role_in(before, project_id)
        projects = [item for item in before["projects"] if item["project_id"] != project_id]
        if role is not None:
            projects.append({"project_id": project_id, "role": role})
        changed = await self._users.update(before["_id"], {"projects": projects, "updated_at": utc_now()})
        if changed is None:
            raise _missing(project_id, before["_id"])
        if old is not None and (role is None or _RIGHTS.index(role) < _RIGHTS.index(old)):
            await self._sessions.end_all(before["_id"])
        action = "remove" if role is None else "add" if old is None else "update"
        await self._audit.record(
            actor,
            f"member.{action}",
            "user",
            before["_id"],
            project_id=project_id,
            before={"role": old},
            after={"role": role},
        )
        return changed[1]

    async def _member(self, project_id: str, user_id: str) -> Document:
        user = await self._users.find(user_id)
        if user is None or (user["role"] != "admin" and role_in(user, project_id) is None):
            raise _missing(project_id, user_id)
        return user


def role_in(user: Document, project_id: str) -> Role | None:
    """Return the role that a membership gives a user in a project."""
    return next((item["role"] for item in user["projects"] if item["project_id"] == project_id), None)


def _missing(project_id: str, user_id: str) -> NotFound:
    return NotFound(
        f"{user_id!r} is not a member of {project_id!r}; list them with GET /api/v1/projects/{project_id}/members"
    )
