"""Creates, lists and revokes API keys. A secret is shown once, and only its keyed hash is stored."""

import secrets
import string
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from cachetools import TTLCache
from logloop_chassis.auth.authenticator import KEY_PREFIX, Authenticator
from logloop_chassis.crypto import KeyHasher
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, NotFound, Unprocessable
from logloop_chassis.ids import utc_now

from logloop_query.catalogue.projects import missing_project
from logloop_query.catalogue.stores.projects import ProjectStore
from logloop_query.identity.stores.api_keys import ApiKeyStore
from logloop_query.records.audit import Actor, AuditTrail, audited
from logloop_query.records.store import AlreadyExists

ID_LENGTH, SECRET_LENGTH = 10, 32
_RECORD_USE_EVERY_S = 60.0
_ALPHABET = string.ascii_letters + string.digits


class ApiKeys:
    """API keys and their last use."""

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
    async def create(
        self, actor: Actor, name: str, project_id: str | None, scopes: Iterable[str], expires_at: datetime | None
    ) -> tuple[Document, str]:
        """Create a key. Return it with its full text. Raises NotFound, Conflict, Unprocessable."""
        chosen = sorted(set(scopes))
        if project_id is None and chosen != ["admin"]:
            raise Unprocessable("a key for all projects can only have the scope admin; set project_id for others")
        if project_id is not None:
            await self._require_active(project_id)
        if expires_at is not None and expires_at <= utc_now():
            raise Unprocessable("expires_at is in the past; give a future time, or leave it out")
        secret = random_text(SECRET_LENGTH)
        document = _document(random_text(ID_LENGTH), self._hasher.hash(secret), name, project_id, chosen, expires_at)
        document["created_by"] = actor.principal.id
        await self._store.create(document)
        await self._audit.record(
            actor, "api_key.create", "api_key", document["_id"], project_id=project_id, after=document
        )
        return document, f"{KEY_PREFIX}{document['_id']}_{secret}"

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
            await self._store.create(
                _document(key_id, self._hasher.hash(secret), "first key", project_id, scopes, None)
            )
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


def _document(
    key_id: str, digest: str, name: str, project_id: str | None, scopes: list[str], expires_at: datetime | None
) -> dict[str, Any]:
    return {
        "_id": key_id,
        "hash": digest,
        "name": name,
        "project_id": project_id,
        "scopes": scopes,
        "created_at": utc_now(),
        "created_by": None,
        "expires_at": expires_at,
        "revoked_at": None,
        "last_used_at": None,
    }
