"""Lets users turn two-factor sign-in on and off, and administrators reset it."""

from collections.abc import Mapping
from typing import Any

from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, Forbidden, NotFound

from logloop_query.identity.passwords import Passwords
from logloop_query.identity.sessions import NewSession, Sessions
from logloop_query.identity.sign_in import SignIn
from logloop_query.identity.sign_in_policy import SignInPolicy
from logloop_query.identity.stores.users import UserStore
from logloop_query.identity.throttle import SignInThrottle
from logloop_query.identity.two_factor import Setup, TwoFactor
from logloop_query.records.audit import Actor, AuditTrail, audited


class SecondFactors:
    """The second factors of users. Each change of one's own needs the password, a code, or both."""

    def __init__(
        self,
        users: UserStore,
        sessions: Sessions,
        passwords: Passwords,
        throttle: SignInThrottle,
        two_factor: TwoFactor,
        policy: SignInPolicy,
        sign_in: SignIn,
        authenticator: Authenticator,
        audit: AuditTrail,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._passwords = passwords
        self._throttle = throttle
        self._two_factor = two_factor
        self._policy = policy
        self._sign_in = sign_in
        self._authenticator = authenticator
        self._audit = audit

    async def own(self, actor: Actor) -> tuple[Document, bool]:
        """Return the caller's user, and whether the installation requires a second factor. Raises Forbidden."""
        return await self._own(actor), (await self._policy.read()).two_factor_required

    async def begin(self, actor: Actor, password: str) -> Setup:
        """Return the secret for the caller's app. Raises Forbidden for a wrong password, Conflict."""
        user = await self._own(actor)
        await self._check(user, actor, password=password)
        return await self._two_factor.begin(user)

    async def confirm(self, actor: Actor, code: str, user_agent: str | None) -> tuple[NewSession, list[str]]:
        """Turn two-factor sign-in on. All sessions of the user end, and a new one starts.

        Return it with the recovery codes. Raises Forbidden for a wrong code, Conflict, TooManyRequests.
        """
        user = await self._own(actor)
        async with self._throttle.attempt(f"code\n{user['email']}", actor.ip) as attempt:
            changes, codes = self._two_factor.confirmed(user, code)
            await attempt.succeeded()
        await self._change(actor, user["_id"], changes, "user.two_factor.on", end_sessions=True)
        session = await self._sign_in.begin({**user, **changes}, actor, user_agent, recorded=False)
        return session, codes

    async def turn_off(self, actor: Actor, password: str, code: str) -> None:
        """Turn two-factor sign-in off. Raises Forbidden for a wrong password or code, Conflict, TooManyRequests."""
        user = await self._own_with_two_factor(actor)
        if (await self._policy.read()).two_factor_required:
            raise Conflict("this installation requires two-factor sign-in; ask an administrator to reset yours")
        await self._check(user, actor, password=password, code=code)
        await self._change(actor, user["_id"], _OFF, "user.two_factor.off")

    async def renew_recovery_codes(self, actor: Actor, password: str, code: str) -> list[str]:
        """Replace the recovery codes and return them. Raises Forbidden for a wrong password or code, Conflict."""
        user = await self._own_with_two_factor(actor)
        await self._check(user, actor, password=password, code=code)
        changes, codes = self._two_factor.renewed()
        await self._change(actor, user["_id"], changes, "user.two_factor.recovery_codes")
        return codes

    async def reset(self, actor: Actor, user_id: str) -> None:
        """Turn two-factor sign-in of a user off, who lost the app and the codes, and end all their sessions."""
        await self._change(actor, user_id, _OFF, "user.two_factor.reset", end_sessions=True)

    async def reset_of(self, actor: Actor, email: str) -> None:
        """Turn two-factor sign-in of the user with an address off. Raises NotFound."""
        user = await self._users.find_by_email(email.strip().lower())
        if user is None:
            raise NotFound(f"no user has the e-mail address {email}")
        await self.reset(actor, user["_id"])

    async def _check(self, user: Document, actor: Actor, *, password: str, code: str | None = None) -> None:
        async with self._throttle.attempt(f"code\n{user['email']}", actor.ip) as attempt:
            if not await self._passwords.verify(user["password_hash"], password):
                raise Forbidden("the password is wrong")
            if code is not None and not await self._two_factor.accepts(user, code):
                raise Forbidden("the code is wrong; enter the one that your app shows now. Each code works once")
            await attempt.succeeded()

    async def _change(
        self,
        actor: Actor,
        user_id: str,
        changes: Mapping[str, Any],
        action: str,
        *,
        end_sessions: bool = False,
    ) -> None:
        await self._record_change(actor, user_id, changes, action, end_sessions=end_sessions)
        self._authenticator.forget("users", user_id)

    @audited
    async def _record_change(
        self, actor: Actor, user_id: str, changes: Mapping[str, Any], action: str, *, end_sessions: bool
    ) -> None:
        if await self._users.update(user_id, changes) is None:
            raise NotFound(f"there is no user {user_id!r}; list users with GET /api/v1/users")
        if end_sessions:
            await self._sessions.end_all(user_id)
        await self._audit.record(
            actor, action, "user", user_id, before={}, after={"two_factor": changes.get("two_factor", True)}
        )

    async def _own(self, actor: Actor) -> Document:
        user = await self._users.find(actor.principal.id) if actor.principal.kind == "user" else None
        if user is None or not user.get("password_hash"):
            raise Forbidden("two-factor sign-in is for users who sign in with a password of Logloop")
        return user

    async def _own_with_two_factor(self, actor: Actor) -> Document:
        user = await self._own(actor)
        if not user.get("two_factor"):
            raise Conflict("two-factor sign-in is off; there is nothing to change")
        return user


_OFF: Mapping[str, Any] = {"two_factor": None, "two_factor_setup": None}
