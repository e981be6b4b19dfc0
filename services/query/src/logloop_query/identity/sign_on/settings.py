"""Keeps how to reach the identity provider, and what its groups mean. The client secret is sealed and write-only.

A provider that the environment states takes the place of the stored one, and cannot be changed here.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from logloop_chassis.crypto import SecretBox, Unsealable
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, NotFound, Unprocessable
from logloop_chassis.ids import utc_now
from logloop_chassis.outbound.egress import EgressGuard, EgressRefused

from logloop_query.catalogue.stores.projects import ProjectStore
from logloop_query.identity.sign_in_policy import PROVIDER, SignInPolicy
from logloop_query.identity.sign_on.environment import GivenProvider
from logloop_query.identity.sign_on.provider_values import ProviderValues
from logloop_query.identity.stores.sign_in import SignInSettingsStore
from logloop_query.records.audit import Actor, AuditTrail, audited

_PLACE = "sign-on/client_secret"


@dataclass(frozen=True, slots=True)
class StoredProvider:
    """What is stored about the provider, or stated by the environment since `updated_at`."""

    values: ProviderValues
    has_client_secret: bool
    updated_at: datetime
    is_given: bool = False


class SignOnSettings:
    """The settings of the provider. There is one for the installation, or none."""

    def __init__(
        self,
        store: SignInSettingsStore,
        projects: ProjectStore,
        box: SecretBox,
        guard: EgressGuard,
        policy: SignInPolicy,
        audit: AuditTrail,
        given: GivenProvider | None,
    ) -> None:
        self._store = store
        self._projects = projects
        self._box = box
        self._guard = guard
        self._policy = policy
        self._audit = audit
        self._given = given
        self._started_at = utc_now()

    async def read(self) -> StoredProvider | None:
        """Return the settings without the secret, None when no provider is set up."""
        if self._given is not None:
            has_secret = self._given.client_secret is not None
            return StoredProvider(self._given.values, has_secret, self._started_at, is_given=True)
        document = await self._store.find(PROVIDER)
        return None if document is None else _stored(document)

    async def with_secret(self) -> tuple[ProviderValues, str | None] | None:
        """Return the settings and the client secret in clear. Raises Conflict when it cannot be decrypted."""
        if self._given is not None:
            return self._given.values, self._given.client_secret
        document = await self._store.find(PROVIDER)
        if document is None:
            return None
        sealed = document["sealed"]
        try:
            secret = None if sealed is None else self._box.open(sealed, _PLACE)
        except Unsealable as error:
            raise Conflict(f"the client secret of the identity provider cannot be decrypted: {error}") from error
        return _stored(document).values, secret

    async def put(self, actor: Actor, values: ProviderValues, secrets: Mapping[str, str | None]) -> StoredProvider:
        """Replace the settings. An omitted `client_secret` stays, None removes it.

        Raises Unprocessable when the issuer may not be called, a project is unknown, or the issuer changes while the
        secret stays, which would send it to another party; Conflict when the environment states the provider.
        """
        self._require_stored()
        try:
            self._guard.check(values.issuer)
        except EgressRefused as error:
            raise Unprocessable(f"issuer: {error}") from error
        for project_id in {mapping["project_id"] for mapping in values.group_roles}:
            project = await self._projects.find(project_id)
            if project is None or project["state"] != "active":
                raise Unprocessable(f"there is no project {project_id!r}; create it first")
        return await self._put(actor, values, secrets)

    @audited
    async def _put(self, actor: Actor, values: ProviderValues, secrets: Mapping[str, str | None]) -> StoredProvider:
        before = await self._store.find(PROVIDER)
        if "client_secret" in secrets:
            secret = secrets["client_secret"]
            sealed = None if secret is None else self._box.seal(secret, _PLACE)
        else:
            sealed = before["sealed"] if before else None
            if before and sealed and before["values"]["issuer"] != values.issuer:
                raise Unprocessable("enter client_secret again: the issuer has changed")
        document = {"values": asdict(values), "sealed": sealed, "updated_at": utc_now()}
        await self._store.put(PROVIDER, document)
        await self._audit.record(
            actor, "settings.sign_on.update", "settings", "sign_on", before=_flat(before), after=_flat(document)
        )
        return _stored(document)

    @audited
    async def delete(self, actor: Actor) -> None:
        """Delete the settings. Raises NotFound.

        Raises Conflict while the provider is the only way to sign in, and when the environment states it.
        """
        self._require_stored()
        if (await self._policy.read()).only_provider:
            raise Conflict("people can sign in with the provider only; allow passwords first")
        before = await self._store.delete(PROVIDER)
        if before is None:
            raise NotFound("no identity provider is set up")
        await self._audit.record(actor, "settings.sign_on.delete", "settings", "sign_on", before=_flat(before))

    def _require_stored(self) -> None:
        if self._given is not None:
            raise Conflict("the environment of query states the identity provider (LOGLOOP_OIDC_…); change it there")


def _stored(document: Document) -> StoredProvider:
    return StoredProvider(
        ProviderValues(**document["values"]), document["sealed"] is not None, document["updated_at"]
    )


def _flat(document: Mapping[str, Any] | None) -> dict[str, Any]:
    return {} if document is None else {**document["values"], "client_secret": document["sealed"]}
