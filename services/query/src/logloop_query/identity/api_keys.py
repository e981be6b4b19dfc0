"""Creates, lists, limits, rotates and revokes API keys. A secret is shown once; only its keyed hash is stored."""

import secrets
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cachetools import TTLCache
from logloop_chassis.auth.authenticator import KEY_PREFIX, Authenticator
from logloop_chassis.crypto import KeyHasher
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, NotFound, Unprocessable
from logloop_chassis.ids import utc_now
from logloop_contracts.key_usage import usage_day

from logloop_query.catalogue.projects import missing_project
from logloop_query.catalogue.stores.projects import ProjectStore
from logloop_query.identity.stores.api_keys import ApiKeyStore
from logloop_query.records.audit import Actor, AuditTrail, audited
from logloop_query.records.store import AlreadyExists

ID_LENGTH, SECRET_LENGTH = 10, 32
USAGE_SHOWN = timedelta(days=7)
_RECORD_USE_EVERY_S = 60.0
_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a key is for, what it may do, and how much it may send: bytes a second and per day of UTC."""

    name: str
    project_id: str | None
    scopes: Sequence[str]
    expires_at: datetime | None = None
    max_bytes_per_s: int | None = None
    daily_quota_bytes: int | None = None


class ApiKeys:
    """API keys, their last use and what was sent with them."""

    def __init__(
        self,
        store: ApiKeyStore,
        projects: ProjectStore,
        hasher: KeyHasher,
        authenticator: Authenticator,
        audit: AuditTrail,
    ) -> None:
        self._store = store
        self._projects = projects
        self._hasher = hasher
        self._authenticator = authenticator
        self._audit = audit
        self._used: TTLCache[str, bool] = TTLCache(10_000, _RECORD_USE_EVERY_S)

    @audited
    async def create(self, actor: Actor, new: NewKey) -> tuple[Document, str]:
        """Create a key. Return it with its full text. Raises NotFound, Conflict, Unprocessable."""
        chosen = sorted(set(new.scopes))
        if new.project_id is None and chosen != ["admin"]:
            raise Unprocessable("a key for all projects can only have the scope admin; set project_id for others")
        if new.project_id is not None:
            await self._require_active(new.project_id)
        if new.expires_at is not None and new.expires_at <= utc_now():
            raise Unprocessable("expires_at is in the past; give a future time, or leave it out")
        document, text = await self._add(
            actor,
            {
                "name": new.name,
                "project_id": new.project_id,
                "scopes": chosen,
                "expires_at": new.expires_at,
                "max_bytes_per_s": new.max_bytes_per_s,
                "daily_quota_bytes": new.daily_quota_bytes,
            },
        )
        await self._audit.record(
            actor, "api_key.create", "api_key", document["_id"], project_id=new.project_id, after=document
        )
        return document, text

    async def _add(self, actor: Actor, fields: Mapping[str, Any]) -> tuple[Document, str]:
        key_id, secret = random_text(ID_LENGTH), random_text(SECRET_LENGTH)
        document = {**_document(key_id, self._hasher.hash(secret)), **fields, "created_by": actor.principal.id}
        await self._store.create(document)
        return document, f"{KEY_PREFIX}{key_id}_{secret}"

    async def _require_active(self, project_id: str) -> None:
        project = await self._projects.find(project_id)
        if project is None:
            raise missing_project(project_id)
        if project["state"] != "active":
            raise Conflict(f"project {project_id!r} is being deleted; use another project")

    async def create_given(self, text: str, project_id: str | None) -> str | None:
        """Store a key whose text is given. Return its id, None if it exists. Raises ValueError if malformed."""
        key_id, separator, secret = text.removeprefix(KEY_PREFIX).partition("_")
        if not text.startswith(KEY_PREFIX) or not separator or len(key_id) < ID_LENGTH or len(secret) < SECRET_LENGTH:
            raise ValueError(
                f"LOGLOOP_FIRST_API_KEY must look like llk_<{ID_LENGTH} characters>_<{SECRET_LENGTH} characters>"
            )
        scopes = ["admin"] if project_id is None else ["admin", "ingest", "read"]
        try:
            fields = {"name": "first key", "project_id": project_id, "scopes": scopes}
            await self._store.create({**_document(key_id, self._hasher.hash(secret)), **fields})
        except AlreadyExists:
            return None
        return key_id

    async def get(self, key_id: str) -> Document:
        """Return a key without its secret. Raises NotFound."""
        document = await self._store.find(key_id)
        if document is None:
            raise missing_key(key_id)
        return document

    async def page(
        self, project_id: str | None, *, everywhere: bool, after: str | None, limit: int
    ) -> list[Document]:
        """Return the keys of one project, or of all when `everywhere`, ordered by id."""
        return await self._store.page(project_id, everywhere=everywhere, after=after, limit=limit)

    async def usage(self, keys: Sequence[Document]) -> dict[str, list[Document]]:
        """Return what was sent with each key on the last `USAGE_SHOWN` days, by key id, newest day first."""
        since = usage_day(utc_now() - USAGE_SHOWN + timedelta(days=1))
        found: dict[str, list[Document]] = {}
        for item in await self._store.usage_since({_counted_as(key) for key in keys}, since):
            found.setdefault(item["counted_as"], []).append(item)
        return {key["_id"]: found.get(_counted_as(key), []) for key in keys}

    async def update(self, actor: Actor, key_id: str, changes: Mapping[str, Any]) -> Document:
        """Change the name or the limits of a key. Other services follow within five seconds. Raises NotFound."""
        after = await self._update(actor, key_id, changes)
        self._authenticator.forget("api_keys", key_id)
        return after

    @audited
    async def _update(self, actor: Actor, key_id: str, changes: Mapping[str, Any]) -> Document:
        changed = await self._store.update(key_id, changes)
        if changed is None:
            raise missing_key(key_id)
        before, after = changed
        await self._audit.record(
            actor, "api_key.update", "api_key", key_id, project_id=after["project_id"], before=before, after=after
        )
        return after

    async def rotate(self, actor: Actor, key_id: str, grace: timedelta) -> tuple[Document, str]:
        """Replace a key by a new one with the same name, rights and limits. The old one ends after `grace`.

        A key that expires is replaced by one with the same time to live. Raises NotFound, and Conflict for a key that
        is not valid or was replaced before.
        """
        new, text = await self._rotate(actor, key_id, grace)
        self._authenticator.forget("api_keys", key_id)
        return new, text

    @audited
    async def _rotate(self, actor: Actor, key_id: str, grace: timedelta) -> tuple[Document, str]:
        old, now = await self.get(key_id), utc_now()
        if old.get("replaced_by"):
            raise Conflict(f"this key was replaced by {old['replaced_by']}; rotate that one")
        if old["revoked_at"] is not None or (old["expires_at"] is not None and old["expires_at"] <= now):
            raise Conflict("this key is not valid any more; create a new one")
        lifetime = None if old["expires_at"] is None else old["expires_at"] - old["created_at"]
        kept = ("name", "project_id", "scopes", "max_bytes_per_s", "daily_quota_bytes")
        new, text = await self._add(
            actor,
            {
                **{name: old.get(name) for name in kept},
                "expires_at": None if lifetime is None else now + lifetime,
                "replaces": key_id,
                "counted_as": _counted_as(old),
            },
        )
        ends = now + grace if old["expires_at"] is None else min(old["expires_at"], now + grace)
        ended = {"replaced_by": new["_id"], "expires_at": ends}
        await self._store.update(key_id, ended)
        await self._audit.record(
            actor,
            "api_key.rotate",
            "api_key",
            key_id,
            project_id=old["project_id"],
            before=old,
            after={**old, **ended},
        )
        return new, text

    async def revoke(self, actor: Actor, key_id: str) -> Document:
        """Revoke a key. Other services reject it within five seconds. Raises NotFound."""
        after = await self._revoke(actor, key_id)
        self._authenticator.forget("api_keys", key_id)
        return after

    @audited
    async def _revoke(self, actor: Actor, key_id: str) -> Document:
        before = await self.get(key_id)
        after = await self._store.revoke(key_id, utc_now()) or before
        await self._audit.record(
            actor, "api_key.revoke", "api_key", key_id, project_id=before["project_id"], before=before, after=after
        )
        return after

    async def delete_all(self, project_id: str) -> None:
        """Delete every key of a project."""
        for key_id in await self._store.delete_all(project_id):
            self._authenticator.forget("api_keys", key_id)

    def due(self, key_ids: Iterable[str]) -> list[str]:
        """Return the keys whose use should be stored now, which is once a minute for each key."""
        due = [key_id for key_id in key_ids if key_id not in self._used]
        self._used.update(dict.fromkeys(due, True))
        return due

    async def set_last_use(self, key_ids: Sequence[str], at: datetime) -> None:
        """Set the last use of keys unless a later one is stored."""
        await self._store.set_last_use(key_ids, at)


def random_text(length: int) -> str:
    """Return random letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def missing_key(key_id: str) -> NotFound:
    """Return the error for an unknown key."""
    return NotFound(f"there is no API key {key_id!r}; list API keys with GET /api/v1/api-keys")


def _counted_as(key: Document) -> str:
    """Return the name under which ingest counts a key: that of the key which it replaces, if any."""
    return str(key.get("counted_as") or key["_id"])


def _document(key_id: str, digest: str) -> dict[str, Any]:
    return {
        "_id": key_id,
        "hash": digest,
        "created_at": utc_now(),
        "created_by": None,
        "expires_at": None,
        "revoked_at": None,
        "last_used_at": None,
        "max_bytes_per_s": None,
        "daily_quota_bytes": None,
        "replaces": None,
        "replaced_by": None,
    }
