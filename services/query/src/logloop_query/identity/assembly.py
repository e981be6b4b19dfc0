"""Puts the use cases of signing in together, for the service and for commands that run beside it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.crypto import KeyHasher, SecretBox
from logloop_chassis.outbound.egress import EgressGuard

from logloop_query.catalogue.stores.projects import ProjectStore
from logloop_query.identity.accounts import Accounts
from logloop_query.identity.passwords import Passwords
from logloop_query.identity.pending import PendingSignIns
from logloop_query.identity.second_factors import SecondFactors
from logloop_query.identity.sessions import Sessions
from logloop_query.identity.sign_in import SignIn
from logloop_query.identity.sign_in_policy import SignInPolicy
from logloop_query.identity.sign_on.environment import GivenProvider
from logloop_query.identity.sign_on.settings import SignOnSettings
from logloop_query.identity.sign_on.sign_on import SignOn
from logloop_query.identity.stores.sessions import AttemptStore, SessionStore
from logloop_query.identity.stores.sign_in import PendingStore, SignInSettingsStore
from logloop_query.identity.stores.users import UserStore
from logloop_query.identity.throttle import SignInThrottle
from logloop_query.identity.two_factor import TwoFactor
from logloop_query.records.audit import AuditTrail


@dataclass(frozen=True, slots=True)
class IdentityStores:
    """The stores of users and of signing in."""

    users: UserStore
    projects: ProjectStore
    sessions: SessionStore
    attempts: AttemptStore
    pending: PendingStore
    sign_in_settings: SignInSettingsStore


@dataclass(frozen=True, slots=True)
class Identity:
    """The use cases of users and of signing in."""

    accounts: Accounts
    sessions: Sessions
    sign_in: SignIn
    sign_in_policy: SignInPolicy
    second_factors: SecondFactors
    sign_on: SignOn
    sign_on_settings: SignOnSettings


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the use cases need of the deployment. `given_provider` is stated by its environment.

    `delete_owned` deletes what only a deleted user could see.
    """

    secret_key: str
    public_url: str
    given_provider: GivenProvider | None
    guard: EgressGuard
    authenticator: Authenticator
    audit: AuditTrail
    delete_owned: Callable[[str], Awaitable[None]]


def assemble_identity(stores: IdentityStores, passwords: Passwords, around: Surroundings) -> Identity:
    """Return the use cases."""
    authenticator, audit, box = around.authenticator, around.audit, SecretBox(around.secret_key)
    users, sessions = stores.users, Sessions(stores.sessions, authenticator)
    throttle, pending = SignInThrottle(stores.attempts), PendingSignIns(stores.pending)
    two_factor = TwoFactor(users, box, KeyHasher(around.secret_key))
    policy = SignInPolicy(
        stores.sign_in_settings, users, sessions, audit, is_provider_given=around.given_provider is not None
    )
    sign_in = SignIn(users, sessions, passwords, throttle, two_factor, pending, policy, authenticator, audit)
    provider = SignOnSettings(
        stores.sign_in_settings, stores.projects, box, around.guard, policy, audit, around.given_provider
    )
    return Identity(
        accounts=Accounts(
            users,
            stores.projects,
            sessions,
            passwords,
            throttle,
            sign_in,
            pending,
            authenticator,
            audit,
            around.delete_owned,
        ),
        sessions=sessions,
        sign_in=sign_in,
        sign_in_policy=policy,
        second_factors=SecondFactors(
            users, sessions, passwords, throttle, two_factor, policy, sign_in, authenticator, audit
        ),
        sign_on=SignOn(
            provider,
            users,
            stores.projects,
            sessions,
            sign_in,
            pending,
            throttle,
            box,
            around.guard,
            audit,
            around.public_url,
        ),
        sign_on_settings=provider,
    )
