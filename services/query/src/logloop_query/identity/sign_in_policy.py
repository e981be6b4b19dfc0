"""The rules of signing in that administrators of the installation set."""

from dataclasses import asdict, dataclass

from logloop_chassis.http.problems import Conflict

from logloop_query.identity.sessions import Sessions
from logloop_query.identity.stores.sign_in import SignInSettingsStore
from logloop_query.identity.stores.users import UserStore
from logloop_query.records.audit import Actor, AuditTrail, audited

_NAME = "policy"
PROVIDER = "provider"
"""The name of the settings of the identity provider."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What signing in with a password needs, and whether it is left to administrators on the machine itself."""

    two_factor_required: bool = False
    only_provider: bool = False


class SignInPolicy:
    """Reads and changes the policy."""

    def __init__(
        self,
        store: SignInSettingsStore,
        users: UserStore,
        sessions: Sessions,
        audit: AuditTrail,
        *,
        is_provider_given: bool,
    ) -> None:
        self._store = store
        self._is_provider_given = is_provider_given
        self._users = users
        self._sessions = sessions
        self._audit = audit

    async def read(self) -> Policy:
        """Return the policy."""
        document = await self._store.find(_NAME) or {}
        return Policy(
            two_factor_required=bool(document.get("two_factor_required")),
            only_provider=bool(document.get("only_provider")),
        )

    @audited
    async def put(self, actor: Actor, policy: Policy) -> Policy:
        """Change the policy. Open sessions of users who lack a second factor allow nothing but its set-up.

        Raises Conflict when only a provider should sign people in, and none is set up.
        """
        has_provider = self._is_provider_given or await self._store.find(PROVIDER) is not None
        if policy.only_provider and not has_provider:
            raise Conflict("no identity provider is set up; set it up and test it first")
        before = await self.read()
        await self._store.put(_NAME, asdict(policy))
        if before.two_factor_required != policy.two_factor_required:
            users = await self._users.ids_without_two_factor()
            await self._sessions.require_two_factor(users, required=policy.two_factor_required)
        await self._audit.record(
            actor, "settings.sign_in.update", "settings", "sign_in", before=asdict(before), after=asdict(policy)
        )
        return policy
