"""Manages users: accounts, roles and passwords."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.auth.principal import Principal, user_principal
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, Forbidden, NotFound, Unprocessable
from logloop_chassis.ids import new_id, utc_now

from logloop_query.catalogue.stores.projects import ProjectStore
from logloop_query.identity.passwords import Passwords, generate_password
from logloop_query.identity.pending import PendingSignIns
from logloop_query.identity.sessions import NewSession, Sessions
from logloop_query.identity.sign_in import SignIn
from logloop_query.identity.stores.users import UserStore
from logloop_query.identity.throttle import SignInThrottle
from logloop_query.records.audit import Actor, AuditTrail, audited
from logloop_query.records.store import AlreadyExists


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """What a caller sees only of its own account."""

    email: str | None
    session_expires_at: datetime | None
    has_password: bool = False


class Accounts:
    """Users and their passwords."""

    def __init__(
        self,
        users: UserStore,
        projects: ProjectStore,
        sessions: Sessions,
        passwords: Passwords,
        throttle: SignInThrottle,
        sign_in: SignIn,
        pending: PendingSignIns,
        authenticator: Authenticator,
        audit: AuditTrail,
        delete_owned: Callable[[str], Awaitable[None]],
    ) -> None:
        """`delete_owned` deletes what only a deleted user could see."""
        self._users = users
        self._projects = projects
        self._sessions = sessions
        self._passwords = passwords
        self._throttle = throttle
        self._sign_in = sign_in
        self._pending = pending
        self._authenticator = authenticator
        self._audit = audit
        self._delete_owned = delete_owned

    async def change_own_password(self, actor: Actor, old: str, new: str, user_agent: str | None) -> NewSession:
        """Change the caller's password, end all of the user's sessions and start a new one."""
        if actor.principal.kind != "user":
            raise Forbidden("only a signed-in user has a password; to replace an API key, create a new one")
        user = await self.get(actor.principal.id)
        _require_password(user)
        async with self._throttle.attempt(user["email"], actor.ip) as attempt:
            if not await self._passwords.verify(user["password_hash"], old):
                raise Forbidden("the old password is wrong")
            if old == new:
                raise Unprocessable("the new password equals the old one; choose another")
            await attempt.succeeded()
        await self._set_password(actor, user["_id"], new, must_change=False)
        return await self._sign_in.begin(user, actor, user_agent, recorded=False)

    async def reset_password(self, actor: Actor, user_id: str, password: str | None) -> str | None:
        """Set a one-time password. Return the generated password if none was given. Raises NotFound."""
        _require_password(await self.get(user_id))
        chosen = password or generate_password()
        await self._set_password(actor, user_id, chosen, must_change=True)
        return None if password else chosen

    async def reset_password_of(self, actor: Actor, email: str) -> str:
        """Give the user of an address a generated one-time password and return it. Raises NotFound."""
        user = await self._users.find_by_email(email.strip().lower())
        if user is None:
            raise NotFound(f"no user has the e-mail address {email}")
        _require_password(user)
        password = generate_password()
        await self._set_password(actor, user["_id"], password, must_change=True)
        return password

    async def create(
        self, actor: Actor, fields: Mapping[str, Any], password: str | None
    ) -> tuple[Document, str | None]:
        """Create a user. Return the user and the generated one-time password, if none was given. Raises Conflict."""
        await self._check_projects(fields["projects"])
        chosen = password or generate_password()
        now = utc_now()
        document = {
            "_id": f"u_{new_id()}",
            **fields,
            "email": fields["email"].lower(),
            "password_hash": await self._passwords.hash(chosen),
            "must_change_password": True,
            "disabled": False,
            "created_at": now,
            "updated_at": now,
        }
        await self._add(actor, document)
        return document, None if password else chosen

    @audited
    async def _add(self, actor: Actor, document: Document) -> None:
        try:
            await self._users.create(document)
        except AlreadyExists as error:
            raise Conflict("a user with this e-mail address already exists; change that user") from error
        await self._audit.record(actor, "user.create", "user", document["_id"], after=document)

    async def get(self, user_id: str) -> Document:
        """Return a user. Raises NotFound."""
        user = await self._users.find(user_id)
        if user is None:
            raise _missing(user_id)
        return user

    async def describe(self, principal: Principal) -> OwnAccount:
        """Return what the caller may see of its own account beyond the principal."""
        if principal.kind != "user":
            return OwnAccount(None, None)
        user = await self._users.find(principal.id)
        expires_at = await self._sessions.expires_at(principal.session_id) if principal.session_id else None
        return OwnAccount(user["email"], expires_at, bool(user["password_hash"])) if user else OwnAccount(None, None)

    async def principal_of(self, session: NewSession) -> Principal:
        """Return the principal of a new session."""
        return user_principal(
            await self.get(session.user_id),
            session.session_id,
            must_set_up_two_factor=session.must_set_up_two_factor,
        )

    async def page(self, after: str | None, limit: int) -> list[Document]:
        """Return users ordered by id."""
        return await self._users.page(after=after, limit=limit)

    async def update(self, actor: Actor, user_id: str, changes: Mapping[str, Any]) -> Document:
        """Change name, address, role, memberships or the disabled flag. Raises NotFound, Conflict."""
        after = await self._update(actor, user_id, changes)
        self._authenticator.forget("users", user_id)
        return after

    @audited
    async def _update(self, actor: Actor, user_id: str, changes: Mapping[str, Any]) -> Document:
        user = await self.get(user_id)
        if "projects" in changes:
            await self._check_projects(changes["projects"])
        if changes.get("role", user["role"]) != "admin" or changes.get("disabled"):
            await self._require_another_admin(user)
        if "email" in changes:
            changes = {**changes, "email": changes["email"].lower()}
        try:
            changed = await self._users.update(user_id, {**changes, "updated_at": utc_now()})
        except AlreadyExists as error:
            raise Conflict("another user has this e-mail address; choose another address") from error
        if changed is None:
            raise _missing(user_id)
        before, after = changed
        if {"role", "projects", "disabled"} & {name for name in changes if before.get(name) != after.get(name)}:
            await self._sessions.end_all(user_id)
        await self._audit.record(actor, "user.update", "user", user_id, before=before, after=after)
        return after

    async def delete(self, actor: Actor, user_id: str) -> None:
        """Delete a user and end their sessions. Raises NotFound, and Conflict for the last administrator."""
        await self._delete(actor, user_id)
        await self._delete_owned(user_id)
        self._authenticator.forget("users", user_id)

    @audited
    async def _delete(self, actor: Actor, user_id: str) -> None:
        await self._require_another_admin(await self.get(user_id))
        deleted = await self._users.delete(user_id)
        await self._sessions.end_all(user_id)
        await self._audit.record(actor, "user.delete", "user", user_id, before=deleted)

    async def _set_password(self, actor: Actor, user_id: str, password: str, *, must_change: bool) -> None:
        changes = {
            "password_hash": await self._passwords.hash(password),
            "must_change_password": must_change,
            "updated_at": utc_now(),
        }
        await self._save_password(actor, user_id, changes)
        self._authenticator.forget("users", user_id)

    @audited
    async def _save_password(self, actor: Actor, user_id: str, changes: Mapping[str, Any]) -> None:
        changed = await self._users.update(user_id, changes)
        if changed is None:
            raise _missing(user_id)
        await self._sessions.end_all(user_id)
        await self._pending.end_all(user_id)
        await self._audit.record(actor, "user.password", "user", user_id, before=changed[0], after=changed[1])

    async def _require_another_admin(self, user: Document) -> None:
        if user["role"] == "admin" and not user.get("disabled") and not await self._users.other_admins(user["_id"]):
            raise Conflict("this is the last administrator; appoint another one first")

    async def _check_projects(self, memberships: Sequence[Mapping[str, Any]]) -> None:
        for membership in memberships:
            project = await self._projects.find(membership["project_id"])
            if project is None or project["state"] != "active":
                raise Unprocessable(f"there is no project {membership['project_id']!r}; create it first")


def _require_password(user: Document) -> None:
    if not user["password_hash"]:
        raise Conflict("this user signs in with the identity provider and has no password here")


def _missing(user_id: str) -> NotFound:
    return NotFound(f"there is no user {user_id!r}; list users with GET /api/v1/users")
