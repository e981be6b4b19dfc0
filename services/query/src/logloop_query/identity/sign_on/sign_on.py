"""Signs people in with the identity provider: sends the browser there, and starts a session when it comes back.

Roles follow the groups of a person at each sign-in. A person is known by issuer and subject. An address links to an
existing user only if an administrator allowed that and the provider vouches for the address.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from logloop_chassis.crypto import SecretBox, Unsealable
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Problem
from logloop_chassis.ids import new_id, utc_now
from logloop_chassis.outbound.egress import EgressGuard

from logloop_query.catalogue.stores.projects import ProjectStore
from logloop_query.identity.pending import PendingSignIns
from logloop_query.identity.sessions import NewSession, Sessions
from logloop_query.identity.sign_in import SignIn
from logloop_query.identity.sign_on.failures import SignOnFailed
from logloop_query.identity.sign_on.provider import Attempt, Identity, Provider
from logloop_query.identity.sign_on.provider_values import ProviderValues
from logloop_query.identity.sign_on.roles import groups_of, roles_of
from logloop_query.identity.sign_on.settings import SignOnSettings
from logloop_query.identity.stores.users import UserStore
from logloop_query.identity.throttle import SignInThrottle
from logloop_query.records.audit import Actor, AuditTrail, audited
from logloop_query.records.store import AlreadyExists

CALLBACK = "/api/v1/session/sign-on/callback"
_MAX_EMAIL = 254
_MAX_NAME = 200
_MAX_KEPT_TOKEN = 16 * 1024
"""Characters of an id_token that a session keeps, to end the session at the provider."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser has to go, and what it has to send back in a cookie."""

    url: str
    binding: str


@dataclass(frozen=True, slots=True)
class Returned:
    """What the provider sends back with the browser, and the cookie of the sign-in."""

    state: str
    code: str
    error: str
    issuer: str
    binding: str


@dataclass(frozen=True, slots=True)
class Completed:
    """A new session, and the page that the person wanted."""

    session: NewSession
    target: str


class SignOn:
    """Signing in with the provider."""

    def __init__(
        self,
        settings: SignOnSettings,
        users: UserStore,
        projects: ProjectStore,
        sessions: Sessions,
        sign_in: SignIn,
        pending: PendingSignIns,
        throttle: SignInThrottle,
        box: SecretBox,
        guard: EgressGuard,
        audit: AuditTrail,
        public_url: str,
    ) -> None:
        self._settings = settings
        self._users = users
        self._projects = projects
        self._sessions = sessions
        self._sign_in = sign_in
        self._pending = pending
        self._throttle = throttle
        self._box = box
        self._guard = guard
        self._audit = audit
        self._public_url = public_url.rstrip("/")

    async def check(self) -> str:
        """Discover the provider with the stored settings and return what was found. Raises SignOnFailed."""
        _, provider = await self._provider()
        metadata = await provider.discover()
        ends = "ends its own session on sign-out" if metadata.get("end_session_endpoint") else "has no sign-out"
        return f"{metadata['issuer']} responds as an OpenID Connect provider and {ends}"

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends browsers back; it has to be registered there."""
        return f"{self._public_url}{CALLBACK}"

    async def begin(self, target: str, actor: Actor) -> Begun:
        """Begin a sign-in that leads to the page `target`. Raises SignOnFailed, TooManyRequests."""
        await self._throttle.count_visit(actor.ip)
        values, provider = await self._provider()
        binding, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        fields = {
            "nonce": nonce,
            "verifier": self._box.seal(verifier, f"verifier/{nonce}"),
            "binding": _digest(binding),
            "issuer": values.issuer,
            "target": target,
        }
        state = await self._pending.begin("provider", fields)
        return Begun(await provider.authorization_url(Attempt(state, nonce, verifier)), binding)

    async def complete(self, returned: Returned, actor: Actor, user_agent: str | None) -> Completed:
        """Start the session of a person whom the provider has sent back. Raises SignOnFailed, which is recorded."""
        try:
            return await self._complete(returned, actor, user_agent)
        except SignOnFailed as failure:
            _log.warning("sign-in with the provider failed", reason=failure.reason, detail=failure.detail)
            named = {f"sign_on.{failure.reason}": True}
            await self._audit.record(actor, "session.refuse", "user", failure.user_id or "unknown", after=named)
            raise

    async def _complete(self, returned: Returned, actor: Actor, user_agent: str | None) -> Completed:
        pending = await self._pending.take("provider", returned.state)
        if pending is None or not hmac.compare_digest(pending["binding"], _digest(returned.binding)):
            raise SignOnFailed("expired")
        values, provider = await self._provider()
        if pending["issuer"] != values.issuer or (returned.issuer and returned.issuer != values.issuer):
            raise SignOnFailed("expired", "the provider is another one than at the beginning")
        if returned.error or not returned.code:
            raise SignOnFailed("declined", returned.error[:100])
        try:
            verifier = self._box.open(pending["verifier"], f"verifier/{pending['nonce']}")
        except Unsealable as error:
            raise SignOnFailed("expired", str(error)) from error
        identity = await provider.identity(returned.code, Attempt(returned.state, pending["nonce"], verifier))
        user = await self._user(values, identity, actor)
        fits = len(identity.id_token) <= _MAX_KEPT_TOKEN
        sealed = self._box.seal(identity.id_token, _place(user["_id"])) if fits else None
        provided = {"issuer": values.issuer, "id_token": sealed}
        session = await self._sign_in.begin(user, actor, user_agent, provider=provided)
        return Completed(session, pending["target"])

    async def sign_out_url(self, session: Document | None) -> str | None:
        """Return where a browser ends its session at the provider; None if it has none, or if that is unknown."""
        provided = (session or {}).get("provider")
        if session is None or not provided or provided["id_token"] is None:
            return None
        try:
            values, provider = await self._provider()
            if values.issuer != provided["issuer"]:
                return None
            token = self._box.open(provided["id_token"], _place(session["user_id"]))
            return await provider.sign_out_url(token, f"{self._public_url}/sign-in")
        except (SignOnFailed, Unsealable) as error:
            _log.warning("the session at the provider does not end", error=str(error)[:200])
            return None

    async def _provider(self) -> tuple[ProviderValues, Provider]:
        try:
            stored = await self._settings.with_secret()
        except Problem as error:
            raise SignOnFailed("client-refused", error.detail) from error
        if stored is None:
            raise SignOnFailed("off")
        values, secret = stored
        return values, Provider(values, secret, self.redirect_uri, self._guard)

    async def _user(self, values: ProviderValues, identity: Identity, actor: Actor) -> Document:
        """Return the user of a person with the roles of today. Raises SignOnFailed."""
        claims = identity.claims
        known = await self._users.find_by_identity(values.issuer, claims["sub"])
        if known is not None and known.get("disabled"):
            raise SignOnFailed("disabled", user_id=known["_id"])
        roles = roles_of(groups_of(claims, values.groups_claim), values.admin_groups, values.group_roles)
        if roles is None:
            if known is not None:
                await self._sessions.end_all(known["_id"])
            raise SignOnFailed("no-group", user_id=known["_id"] if known else None)
        roles["projects"] = [item for item in roles["projects"] if await self._is_active(item["project_id"])]
        email = _email(claims)
        fields = {**roles, "email": email, "name": _name(claims, email)}
        if known is not None:
            return await self._change(actor, known, fields, "user.update")
        same_address = await self._users.find_by_email(email)
        if same_address is None:
            return await self._create(actor, values, claims["sub"], fields)
        if not values.link_by_email or same_address.get("identity"):
            raise SignOnFailed("email-taken", user_id=same_address["_id"])
        if same_address.get("disabled"):
            raise SignOnFailed("disabled", user_id=same_address["_id"])
        fields["identity"] = {"issuer": values.issuer, "subject": claims["sub"]}
        if same_address["must_change_password"]:  # the provider takes the place of a one-time password
            fields |= {"password_hash": None, "must_change_password": False}
        return await self._change(actor, same_address, fields, "user.link")

    async def _is_active(self, project_id: str) -> bool:
        project = await self._projects.find(project_id)
        return project is not None and project["state"] == "active"

    @audited
    async def _create(
        self, actor: Actor, values: ProviderValues, subject: str, fields: Mapping[str, Any]
    ) -> Document:
        now = utc_now()
        user = {
            "_id": f"u_{new_id()}",
            **fields,
            "identity": {"issuer": values.issuer, "subject": subject},
            "password_hash": None,
            "must_change_password": False,
            "disabled": False,
            "created_at": now,
            "updated_at": now,
        }
        try:
            await self._users.create(user)
        except AlreadyExists as error:
            raise SignOnFailed("email-taken", "another sign-in created the user; try again") from error
        await self._audit.record(actor, "user.create", "user", user["_id"], after=user)
        return user

    async def _change(self, actor: Actor, user: Document, fields: Mapping[str, Any], action: str) -> Document:
        changes = {name: value for name, value in fields.items() if user.get(name) != value}
        return await self._record_change(actor, user, changes, action) if changes else user

    @audited
    async def _record_change(self, actor: Actor, user: Document, changes: Mapping[str, Any], action: str) -> Document:
        loses_admin = user["role"] == "admin" and changes.get("role", "admin") != "admin"
        if loses_admin and not await self._users.other_admins(user["_id"]):
            raise SignOnFailed("last-administrator", user_id=user["_id"])
        try:
            changed = await self._users.update(user["_id"], {**changes, "updated_at": utc_now()})
        except AlreadyExists as error:
            raise SignOnFailed("email-taken", user_id=user["_id"]) from error
        if changed is None:
            raise SignOnFailed("expired", "the user was deleted meanwhile")
        if {"role", "projects", "identity"} & set(changes):
            await self._sessions.end_all(user["_id"])
        await self._audit.record(actor, action, "user", user["_id"], before=changed[0], after=changed[1])
        return changed[1]


def _email(claims: Mapping[str, Any]) -> str:
    """Return the address in lower case. Raises SignOnFailed unless the provider vouches for it."""
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str):
        raise SignOnFailed("email-unverified")
    address = email.strip().lower()
    local, _, domain = address.partition("@")
    if len(address) > _MAX_EMAIL or not local or not domain or any(char.isspace() or char < " " for char in address):
        raise SignOnFailed("email-unverified", "the address is malformed")
    return address


def _name(claims: Mapping[str, Any], email: str) -> str:
    name = claims.get("name")
    text = "".join(char for char in name if char.isprintable()).strip() if isinstance(name, str) else ""
    return text[:_MAX_NAME] or email


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _place(user_id: str) -> str:
    return f"id-token/{user_id}"
