"""Users: who there is, what their role is, signing in, and changing passwords.

It must not know cookies or HTTP; a session's token is handed to the caller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.auth.principal import Principal, user_principal
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, Forbidden, NotFound, Unauthorized, Unprocessable

from logloop_query.catalogue.stores.projects import ProjectStore
from logloop_query.identity.passwords import Passwords, generate_password
from logloop_query.identity.sessions import NewSession, Sessions
from logloop_query.identity.stores.users import UserStore
from logloop_query.identity.throttle import Throttle
from logloop_query.records.audit import Actor, AuditTrail, with_its_entry
from logloop_query.records.ids import new_id
from logloop_query.records.store import AlreadyThere
from logloop_query.records.types import now

_WRONG = "the e-mail address or the password is wrong"


@dataclass(frozen=True, slots=True)
class Account:
    """What only the account itself is told."""

    email: str | None
    session_expires_at: datetime | None


class Accounts:
    """Users and their passwords."""

    def __init__(
        self,
        users: UserStore,
        projects: ProjectStore,
        sessions: Sessions,
        passwords: Passwords,
        throttle: Throttle,
        authenticator: Authenticator,
        audit: AuditTrail,
    ) -> None:
        self._users = users
        self._projects = projects
        self._sessions = sessions
        self._passwords = passwords
        self._throttle = throttle
        self._authenticator = authenticator
        self._audit = audit

    async def sign_in(
        self, email: str, password: str, actor: Actor, user_agent: str | None
    ) -> tuple[Document, NewSession]:
        """The user and a new session. Raises Unauthorized in the same words for every cause, or TooManyRequests."""
        address = email.strip().lower()
        counters = await self._throttle.attempt(address, actor.ip)
        user = await self._users.find_by_email(address)
        fits = await self._passwords.verify(user["password_hash"] if user else None, password)
        if user is None or not fits or user.get("disabled"):
            await self._audit.record(actor, "session.refuse", "user", user["_id"] if user else "unknown")
            raise Unauthorized(_WRONG)
        await self._throttle.succeeded(counters)
        if self._passwords.outdated(user["password_hash"]):
            await self._users.change(user["_id"], {"password_hash": await self._passwords.hash(password)})
        session = await self._sessions.begin(user["_id"], actor.ip, user_agent)
        signed_in = Actor(user_principal(user, session.session_id), actor.ip)
        await self._audit.record(signed_in, "session.begin", "user", user["_id"])
        return user, session

    async def change_own_password(
        self, actor: Actor, old: str, new: str, user_agent: str | None
    ) -> tuple[Document, NewSession]:
        """Change the caller's password, end every session of theirs and begin a new one."""
        user = await self.get(actor.principal.id)
        counters = await self._throttle.attempt(user["email"], actor.ip)
        if not await self._passwords.verify(user["password_hash"], old):
            raise Forbidden("the old password is wrong")
        if old == new:
            raise Unprocessable("the new password is the old one; choose another")
        await self._throttle.succeeded(counters)
        user = await self._set_password(actor, user["_id"], new, must_change=False)
        session = await self._sessions.begin(user["_id"], actor.ip, user_agent)
        return user, session

    async def reset_password(self, actor: Actor, user_id: str, password: str | None) -> str | None:
        """Give a user a password that must be changed at the next sign-in; the generated one if none was given."""
        await self.get(user_id)
        chosen = password or generate_password()
        await self._set_password(actor, user_id, chosen, must_change=True)
        return None if password else chosen

    async def create(
        self, actor: Actor, fields: Mapping[str, Any], password: str | None
    ) -> tuple[Document, str | None]:
        """A new user and, when no password was given, the generated one-time password. Raises Conflict."""
        await self._check_projects(fields["projects"])
        chosen = password or generate_password()
        moment = now()
        document = {
            "_id": f"u_{new_id()}",
            **fields,
            "email": fields["email"].lower(),
            "password_hash": await self._passwords.hash(chosen),
            "must_change_password": True,
            "disabled": False,
            "created_at": moment,
            "updated_at": moment,
        }
        await self._add(actor, document)
        return document, None if password else chosen

    @with_its_entry
    async def _add(self, actor: Actor, document: Document) -> None:
        try:
            await self._users.create(document)
        except AlreadyThere as error:
            raise Conflict("a user with this e-mail address exists; change that one") from error
        await self._audit.record(actor, "user.create", "user", document["_id"], after=document)

    async def get(self, user_id: str) -> Document:
        """A user. Raises NotFound."""
        user = await self._users.find(user_id)
        if user is None:
            raise NotFound(f"there is no user {user_id!r}; list them with GET /api/v1/users")
        return user

    async def describe(self, principal: Principal) -> "Account":
        """What a caller may know of itself beyond the principal."""
        if principal.kind != "user":
            return Account(None, None)
        user = await self._users.find(principal.id)
        ends = await self._sessions.ends(principal.session_id) if principal.session_id else None
        return Account(user["email"] if user else None, ends)

    async def principal(self, user_id: str, session_id: str) -> Principal:
        """The principal that a session's cookie will stand for."""
        return user_principal(await self.get(user_id), session_id)

    async def page(self, after: str | None, limit: int) -> list[Document]:
        """Users ordered by id."""
        return await self._users.page(after=after, limit=limit)

    async def change(self, actor: Actor, user_id: str, changes: Mapping[str, Any]) -> Document:
        """Change name, address, role, membership or the disabled flag. Raises NotFound, Conflict."""
        after = await self._change(actor, user_id, changes)
        self._authenticator.forget("users", user_id)
        return after

    @with_its_entry
    async def _change(self, actor: Actor, user_id: str, changes: Mapping[str, Any]) -> Document:
        user = await self.get(user_id)
        if "projects" in changes:
            await self._check_projects(changes["projects"])
        if changes.get("role", user["role"]) != "admin" or changes.get("disabled"):
            await self._keep_an_admin(user)
        if "email" in changes:
            changes = {**changes, "email": changes["email"].lower()}
        try:
            changed = await self._users.change(user_id, {**changes, "updated_at": now()})
        except AlreadyThere as error:
            raise Conflict("another user has this e-mail address; choose another") from error
        if changed is None:
            raise NotFound(f"there is no user {user_id!r}")
        before, after = changed
        if {"role", "projects", "disabled"} & {name for name in changes if before.get(name) != after.get(name)}:
            await self._sessions.end_all(user_id)
        await self._audit.record(actor, "user.update", "user", user_id, before=before, after=after)
        return after

    async def remove(self, actor: Actor, user_id: str) -> None:
        """Delete a user and their sessions. Raises NotFound, Conflict for the last administrator."""
        await self._remove(actor, user_id)
        self._authenticator.forget("users", user_id)

    @with_its_entry
    async def _remove(self, actor: Actor, user_id: str) -> None:
        await self._keep_an_admin(await self.get(user_id))
        removed = await self._users.remove(user_id)
        await self._sessions.end_all(user_id)
        await self._audit.record(actor, "user.delete", "user", user_id, before=removed)

    async def _set_password(self, actor: Actor, user_id: str, password: str, *, must_change: bool) -> Document:
        changes = {
            "password_hash": await self._passwords.hash(password),
            "must_change_password": must_change,
            "updated_at": now(),
        }
        after = await self._save_password(actor, user_id, changes)
        self._authenticator.forget("users", user_id)
        return after

    @with_its_entry
    async def _save_password(self, actor: Actor, user_id: str, changes: Mapping[str, Any]) -> Document:
        changed = await self._users.change(user_id, changes)
        if changed is None:
            raise NotFound(f"there is no user {user_id!r}")
        await self._sessions.end_all(user_id)
        await self._audit.record(actor, "user.password", "user", user_id, before=changed[0], after=changed[1])
        return changed[1]

    async def _keep_an_admin(self, user: Document) -> None:
        if user["role"] == "admin" and not user.get("disabled") and not await self._users.other_admins(user["_id"]):
            raise Conflict("this is the last administrator; make another one first")

    async def _check_projects(self, memberships: Sequence[Mapping[str, Any]]) -> None:
        for membership in memberships:
            project = await self._projects.find(membership["project_id"])
            if project is None or project["state"] != "active":
                raise Unprocessable(f"there is no project {membership['project_id']!r}; create it first")
