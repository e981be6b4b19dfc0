"""API keys: made with a secret that is shown once, listed, and revoked.

It must not keep a secret; only its keyed hash is stored.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from logloop_chassis.auth.authenticator import KEY_PREFIX, Authenticator
from logloop_chassis.crypto import KeyHasher
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, NotFound, Unprocessable

from logloop_query.catalogue.stores.projects import ProjectStore
from logloop_query.identity.stores.api_keys import ApiKeyStore
from logloop_query.records.audit import Actor, AuditTrail, with_its_entry
from logloop_query.records.ids import random_word
from logloop_query.records.store import AlreadyThere
from logloop_query.records.types import now

ID_LENGTH, SECRET_LENGTH = 10, 32
_NOTE_USE_EVERY = timedelta(seconds=60)
_MAX_REMEMBERED = 10_000


class ApiKeys:
    """API keys and when they were last used."""

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
        self._used: dict[str, datetime] = {}

    @with_its_entry
    async def create(
        self, actor: Actor, name: str, project_id: str | None, scopes: Iterable[str], expires_at: datetime | None
    ) -> tuple[Document, str]:
        """A new key and its full text, which cannot be had again. Raises NotFound, Unprocessable."""
        chosen = sorted(set(scopes))
        if project_id is None and chosen != ["admin"]:
            raise Unprocessable("a key for all projects has the scope admin alone; name a project_id for others")
        if project_id is not None:
            project = await self._projects.find(project_id)
            if project is None:
                raise NotFound(f"there is no project {project_id!r}; create it first")
            if project["state"] != "active":
                raise Conflict(f"project {project_id!r} is being deleted; use another")
        if expires_at is not None and expires_at <= now():
            raise Unprocessable("expires_at has passed; give a time in the future, or none")
        secret = random_word(SECRET_LENGTH)
        document = _document(random_word(ID_LENGTH), self._hasher.hash(secret), name, project_id, chosen, expires_at)
        document["created_by"] = actor.principal.id
        await self._store.create(document)
        await self._audit.record(
            actor, "api_key.create", "api_key", document["_id"], project_id=project_id, after=document
        )
        return document, f"{KEY_PREFIX}{document['_id']}_{secret}"

    async def seed(self, text: str, project_id: str | None) -> str | None:
        """Store a key that whoever installs Logloop chose; its id, None if it is there already.

        Raises ValueError for a malformed one.
        """
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
        except AlreadyThere:
            return None
        return key_id

    async def get(self, key_id: str) -> Document:
        """A key without its secret. Raises NotFound."""
        document = await self._store.find(key_id)
        if document is None:
            raise NotFound(f"there is no API key {key_id!r}; list them with GET /api/v1/api-keys")
        return document

    async def page(
        self, project_id: str | None, *, everywhere: bool, after: str | None, limit: int
    ) -> list[Document]:
        """Keys ordered by id, of one project or of all."""
        return await self._store.page(project_id, everywhere=everywhere, after=after, limit=limit)

    async def revoke(self, actor: Actor, key_id: str) -> Document:
        """Make a key worthless; other services notice within five seconds. Raises NotFound."""
        after = await self._revoke(actor, key_id)
        self._authenticator.forget("api_keys", key_id)
        return after

    @with_its_entry
    async def _revoke(self, actor: Actor, key_id: str) -> Document:
        before = await self.get(key_id)
        after = await self._store.revoke(key_id, now()) or before
        await self._audit.record(
            actor, "api_key.revoke", "api_key", key_id, project_id=before["project_id"], before=before, after=after
        )
        return after

    async def remove_all(self, project_id: str) -> None:
        """Delete every key of a project."""
        for key_id in await self._store.remove_all(project_id):
            self._authenticator.forget("api_keys", key_id)

    def due(self, key_ids: Iterable[str]) -> list[str]:
        """The keys whose use should be noted now; each at most once a minute."""
        moment = now()
        wanted = [key for key in key_ids if key not in self._used or moment - self._used[key] >= _NOTE_USE_EVERY]
        if len(self._used) >= _MAX_REMEMBERED:
            self._used.clear()
        self._used.update(dict.fromkeys(wanted, moment))
        return wanted

    async def note_use(self, key_ids: Iterable[str], at: datetime) -> None:
        """Move the last use of keys forward."""
        await self._store.used(key_ids, at)


def _document(
    key_id: str, digest: str, name: str, project_id: str | None, scopes: list[str], expires_at: datetime | None
) -> dict[str, Any]:
    return {
        "_id": key_id,
        "hash": digest,
        "name": name,
        "project_id": project_id,
        "scopes": scopes,
        "created_at": now(),
        "created_by": None,
        "expires_at": expires_at,
        "revoked_at": None,
        "last_used_at": None,
    }
