"""Keeps the settings of the LLM provider and of GitHub, per project with a default for the instance."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from logloop_chassis.crypto import SecretBox, Unsealable
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, NotFound, Unprocessable
from logloop_chassis.ids import utc_now
from logloop_chassis.outbound.egress import EgressGuard, EgressRefused

from logloop_query.catalogue.projects import Projects
from logloop_query.providers.store import SettingsStore
from logloop_query.records.audit import Actor, AuditTrail, audited

Kind = Literal["llm", "github"]
Source = Literal["project", "default", "none"]

LLM_DEFAULTS: Mapping[str, Any] = {
    "provider": "none",
    "model": None,
    "base_url": None,
    "max_tokens": 4096,
    "timeout_s": 120.0,
    "budget_tokens_per_day": None,
    "input_price": None,
    "output_price": None,
    "evidence_tokens": 12_000,
    "temperature": None,
    "redaction": "standard",
}
GITHUB_DEFAULTS: Mapping[str, Any] = {
    "api_url": "https://api.github.com",
    "app_id": None,
    "installation_id": None,
    "default_repository": None,
}
_DEFAULTS: Mapping[Kind, Mapping[str, Any]] = {"llm": LLM_DEFAULTS, "github": GITHUB_DEFAULTS}
SECRETS: Mapping[Kind, tuple[str, ...]] = {"llm": ("api_key",), "github": ("token", "private_key", "webhook_secret")}
_DESTINATION: Mapping[Kind, tuple[str, ...]] = {"llm": ("provider", "base_url"), "github": ("api_url",)}
_URL: Mapping[Kind, str] = {"llm": "base_url", "github": "api_url"}
_NEEDS_KEY = frozenset({"openai", "anthropic", "google"})
_MIN_SHOWN = 16


@dataclass(frozen=True, slots=True)
class EffectiveSettings:
    """Settings without secrets. `last4` has the last characters of each stored secret, None for a short one."""

    source: Source
    values: Mapping[str, Any]
    last4: Mapping[str, str | None]
    updated_at: Any = None


class ProviderSettings:
    """Reads and writes settings. Secrets are sealed for their project, kind and field."""

    def __init__(
        self, store: SettingsStore, box: SecretBox, guard: EgressGuard, projects: Projects, audit: AuditTrail
    ) -> None:
        self._store = store
        self._box = box
        self._guard = guard
        self._projects = projects
        self._audit = audit

    async def effective(self, project_id: str | None, kind: Kind) -> EffectiveSettings:
        """Return the settings that apply to a project: its own, else the default of the instance."""
        document, source = await self._effective(project_id, kind)
        return _setting(kind, document, source)

    @audited
    async def put(
        self,
        actor: Actor,
        project_id: str | None,
        kind: Kind,
        values: Mapping[str, Any],
        secrets: Mapping[str, str | None],
    ) -> EffectiveSettings:
        """Replace the settings of a project, or the default. An omitted secret stays, None removes it.

        Raises Unprocessable when the URL may not be called, when a key is missing, or when the destination
        changes while a secret stays, which would send the secret to another party.
        """
        if project_id is not None:
            await self._projects.require_active(project_id)
        before = await self._store.find(project_id, kind)
        self._check_url(values.get(_URL[kind]))
        sealed, last4 = self._sealed(project_id, kind, before, values, secrets)
        if kind == "llm" and values["provider"] in _NEEDS_KEY and "api_key" not in sealed:
            raise Unprocessable(f"{values['provider']} needs an api_key; enter it")
        after = {"values": dict(values), "sealed": sealed, "last4": last4, "updated_at": utc_now()}
        await self._store.put(project_id, kind, after)
        await self._audit.record(
            actor,
            f"settings.{kind}.update",
            "settings",
            kind,
            project_id=project_id,
            before=_flat(before),
            after=_flat(after),
        )
        return _setting(kind, after, "project" if project_id else "default")

    @audited
    async def delete(self, actor: Actor, project_id: str | None, kind: Kind) -> None:
        """Delete the settings of a project, so that the default applies, or the default. Raises NotFound."""
        before = await self._store.delete(project_id, kind)
        if before is None:
            raise NotFound(f"there are no {kind} settings to delete here")
        await self._audit.record(
            actor, f"settings.{kind}.delete", "settings", kind, project_id=project_id, before=_flat(before)
        )

    async def unsealed(self, project_id: str | None, kind: Kind) -> dict[str, Any]:
        """Return values and secrets in clear, for the services that call the provider. Raises Conflict."""
        document, source = await self._effective(project_id, kind)
        settings: dict[str, Any] = {"source": source, **_DEFAULTS[kind], **(document or {}).get("values", {})}
        settings |= dict.fromkeys(SECRETS[kind])
        owner = None if document is None else document["project_id"]
        for field, sealed in (document or {}).get("sealed", {}).items():
            try:
                settings[field] = self._box.open(sealed, _place(owner, kind, field))
            except Unsealable as error:
                raise Conflict(f"the {field} of the {kind} settings cannot be decrypted: {error}") from error
        return settings

    async def delete_all(self, project_id: str) -> None:
        """Delete all settings of a project."""
        await self._store.delete_all(project_id)

    async def _effective(self, project_id: str | None, kind: Kind) -> tuple[Document | None, Source]:
        if project_id is not None:
            own = await self._store.find(project_id, kind)
            if own is not None:
                return own, "project"
        default = await self._store.find(None, kind)
        return default, "none" if default is None else "default"

    def _check_url(self, url: str | None) -> None:
        if url is None:
            return
        try:
            self._guard.check(url)
        except EgressRefused as error:
            raise Unprocessable(str(error)) from error

    def _sealed(
        self,
        project_id: str | None,
        kind: Kind,
        before: Document | None,
        values: Mapping[str, Any],
        secrets: Mapping[str, str | None],
    ) -> tuple[dict[str, str], dict[str, str | None]]:
        kept = {field for field in (before or {}).get("sealed", {}) if field not in secrets}
        if before and kept and any(before["values"].get(name) != values.get(name) for name in _DESTINATION[kind]):
            raise Unprocessable(f"enter {', '.join(sorted(kept))} again: the provider or its address has changed")
        sealed = {field: before["sealed"][field] for field in kept} if before else {}
        last4 = {field: before["last4"][field] for field in kept} if before else {}
        for field, secret in secrets.items():
            if secret:
                sealed[field] = self._box.seal(secret, _place(project_id, kind, field))
                last4[field] = secret[-4:] if len(secret) >= _MIN_SHOWN and field != "private_key" else None
        return sealed, last4


def _place(project_id: str | None, kind: Kind, field: str) -> str:
    return f"{kind}/{project_id or ''}/{field}"


def _setting(kind: Kind, document: Mapping[str, Any] | None, source: Source) -> EffectiveSettings:
    if document is None:
        return EffectiveSettings(source, _DEFAULTS[kind], {})
    return EffectiveSettings(
        source, {**_DEFAULTS[kind], **document["values"]}, document["last4"], document["updated_at"]
    )


def _flat(document: Mapping[str, Any] | None) -> dict[str, Any]:
    return {} if document is None else {**document["values"], **document["sealed"]}
