"""Starts and ends sessions: with a password, with a password and a code, and after a password has changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.auth.principal import user_principal
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Forbidden, Unauthorized
from logloop_chassis.ids import utc_now
from logloop_chassis.settings import is_loopback

from logloop_query.identity.passwords import Passwords
from logloop_query.identity.pending import WITHIN, PendingSignIns
from logloop_query.identity.sessions import NewSession, Sessions
from logloop_query.identity.sign_in_policy import SignInPolicy
from logloop_query.identity.stores.users import UserStore
from logloop_query.identity.throttle import SignInThrottle
from logloop_query.identity.two_factor import TwoFactor
from logloop_query.records.audit import Actor, AuditTrail

_FAILED = "wrong e-mail address or password"
_TOO_LATE = "this sign-in took too long or is complete; enter your e-mail address and password again"


@dataclass(frozen=True, slots=True)
class CodeNeeded:
    """A sign-in that waits for a code. There is no session yet."""

    token: str
    expires_at: datetime


class SignIn:
    """Signing in and out."""

    def __init__(
        self,
        users: UserStore,
        sessions: Sessions,
        passwords: Passwords,
        throttle: SignInThrottle,
        two_factor: TwoFactor,
        pending: PendingSignIns,
        policy: SignInPolicy,
        authenticator: Authenticator,
        audit: AuditTrail,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._passwords = passwords
        self._throttle = throttle
        self._two_factor = two_factor
        self._pending = pending
        self._policy = policy
        self._authenticator = authenticator
        self._audit = audit

    async def with_password(
        self, email: str, password: str, actor: Actor, user_agent: str | None
    ) -> NewSession | CodeNeeded:
        """Start a session, or ask for a code. Raises TooManyRequests, and Unauthorized with one text for all."""
        address = email.strip().lower()
        only_provider = (await self._policy.read()).only_provider
        if only_provider and not is_loopback(actor.ip or ""):
            raise Forbidden("passwords are switched off in this installation; sign in with the identity provider")
        async with self._throttle.attempt(address, actor.ip) as attempt:
            user = await self._users.find_by_email(address)
            if only_provider and user is not None and user["role"] != "admin":
                user = None
            matches = await self._passwords.verify(user["password_hash"] if user else None, password)
            if user is None or not matches or user.get("disabled"):
                await self._refuse(actor, user)
                raise Unauthorized(_FAILED)
            await attempt.succeeded()
        if self._passwords.outdated(user["password_hash"]):
            await self._users.update(user["_id"], {"password_hash": await self._passwords.hash(password)})
        if user.get("two_factor"):
            token = await self._pending.begin("code", {"user_id": user["_id"]})
            return CodeNeeded(token, utc_now() + WITHIN["code"])
        return await self.begin(user, actor, user_agent)

    async def with_code(self, token: str, code: str, actor: Actor, user_agent: str | None) -> NewSession:
        """Start the session of a sign-in that waits for a code. Raises TooManyRequests, Unauthorized."""
        pending = await self._pending.find("code", token)
        user = await self._users.find(pending["user_id"]) if pending else None
        if user is None or user.get("disabled"):
            raise Unauthorized(_TOO_LATE)
        async with self._throttle.attempt(f"code\n{user['email']}", actor.ip) as attempt:
            if not await self._two_factor.accepts(user, code):
                await self._refuse(actor, user)
                raise Unauthorized("wrong code; enter the one that your app shows now. Each code works once")
            if await self._pending.take("code", token) is None:
                raise Unauthorized(_TOO_LATE)
            await attempt.succeeded()
        return await self.begin(user, actor, user_agent)

    async def begin(
        self,
        user: Document,
        actor: Actor,
        user_agent: str | None,
        *,
        provider: Mapping[str, str | None] | None = None,
        recorded: bool = True,
    ) -> NewSession:
        """Start the session of a user whose identity is certain. `provider`: the one that vouches for it."""
        session = await self._sessions.start(
            user["_id"],
            actor.ip,
            user_agent,
            must_set_up_two_factor=provider is None and await self._lacks_two_factor(user),
            provider=provider,
        )
        if recorded:
            signed_in = Actor(user_principal(user, session.session_id), actor.ip)
            await self._audit.record(signed_in, "session.begin", "user", user["_id"])
        self._authenticator.forget("users", session.user_id)
        return session

    async def out(self, actor: Actor, *, everywhere: bool) -> Document | None:
        """End the caller's session, or all of the user, and return it. Raises Forbidden without a session."""
        principal = actor.principal
        if principal.session_id is None:
            raise Forbidden("there is no session to end; revoke an API key with DELETE /api/v1/api-keys/{id}")
        session = await self._sessions.find(principal.session_id)
        if everywhere:
            await self._sessions.end_all(principal.id)
        await self._sessions.end(principal.session_id)
        await self._audit.record(actor, "session.end_all" if everywhere else "session.end", "user", principal.id)
        return session

    async def _lacks_two_factor(self, user: Document) -> bool:
        return not user.get("two_factor") and (await self._policy.read()).two_factor_required

    async def _refuse(self, actor: Actor, user: Document | None) -> None:
        await self._audit.record(actor, "session.refuse", "user", user["_id"] if user else "unknown")
