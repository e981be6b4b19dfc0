"""Turns the credentials of a request into a caller: API keys, sessions and service tokens.

Keys are cached for minutes, so that a short outage of MongoDB does not stop the intake of logs. Nothing is written
here: query owns users, sessions and keys.
"""

import asyncio
import hmac
import time
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from cachetools import LRUCache
from pymongo.errors import PyMongoError
from starlette.datastructures import Headers

from logloop_chassis.auth.principal import Principal, Scope, key_principal, user_principal
from logloop_chassis.clock import utc_now
from logloop_chassis.crypto import SERVICE_TOKEN_PREFIX, KeyHasher, read_service_token, session_hash
from logloop_chassis.database.client import Database, Document
from logloop_chassis.http.problems import Forbidden, Unauthorized, Unavailable

SECURE_COOKIE = "__Host-logloop"
PLAIN_COOKIE = "logloop_session"
KEY_PREFIX = "llk_"
FRESH_S = 5.0
STALE_S = 600.0
PATIENCE_S = 0.25
"""How long a request waits for the database when a cached record could be used."""
AWAY_S = 1.0
"""How long after such a wait requests use cached records without waiting."""
DEFAULT_RETENTION_DAYS = 30
_MAX_CACHED = 10_000
_UNSAFE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class _Cache:
    """Bounded map of documents with the time they were read."""

    def __init__(self) -> None:
        self._items: LRUCache[str, tuple[float, Document | None]] = LRUCache(_MAX_CACHED)

    def get(self, key: str, max_age_s: float) -> tuple[Document | None] | None:
        found = self._items.get(key)
        if found is None or time.monotonic() - found[0] > max_age_s:
            return None
        return (found[1],)

    def put(self, key: str, document: Document | None) -> None:
        self._items[key] = (time.monotonic(), document)

    def remove(self, key: str) -> None:
        self._items.pop(key, None)


class Authenticator:
    """Turns the credentials of a request into a Principal."""

    def __init__(self, database: Database, secret_key: str, *, no_auth: bool = False) -> None:
        self._database = database
        self._secret_key = secret_key
        self._hasher = KeyHasher(secret_key)
        self._no_auth = no_auth
        self._keys = _Cache()
        self._key_principals: LRUCache[str, tuple[Document, Principal]] = LRUCache(_MAX_CACHED)
        self._projects = _Cache()
        self._sessions = _Cache()
        self._lookups: dict[str, asyncio.Future[Document | None]] = {}
        self._away_until = 0.0
        self.on_use: Callable[[Principal], None] | None = None
        """Called with each authenticated caller. query, which owns keys and sessions, records their last use."""

    @property
    def no_auth(self) -> bool:
        """Whether a caller without credentials is an administrator."""
        return self._no_auth

    async def authenticate(self, headers: Headers, *, method: str = "GET", ignore_token: bool = False) -> Principal:
        """Return the caller of a request. Raises Unauthorized, Forbidden (cross-site) or Unavailable.

        `ignore_token` looks for a session only.
        """
        principal = await self._authenticate(headers, method, ignore_token)
        if self.on_use is not None:
            self.on_use(principal)
        return principal

    async def _authenticate(self, headers: Headers, method: str, ignore_token: bool) -> Principal:
        token = None if ignore_token else bearer_token(headers)
        if token:
            return await self.authenticate_token(token)
        cookie = session_cookie(headers)
        if cookie:
            if method in _UNSAFE_METHODS and not same_origin(headers):
                raise Forbidden("a cross-site request may not change anything; scripts use an API key")
            return await self._session(cookie)
        if self._no_auth:
            if method in _UNSAFE_METHODS and not same_origin(headers, absent=True):
                raise Forbidden("a cross-site request may not change anything")
            return Principal("anonymous", "anonymous", "local user", is_admin=True, projects=None)
        raise Unauthorized

    async def authenticate_token(self, token: str) -> Principal:
        """Return the holder of an API key or service token. Raises Unauthorized or Unavailable."""
        if token.startswith(SERVICE_TOKEN_PREFIX):
            claim = read_service_token(self._secret_key, token)
            if claim is None:
                raise Unauthorized("invalid or expired service token")
            projects = None if claim.project_id is None else frozenset({claim.project_id})
            scopes: frozenset[Scope] = frozenset({"read", "write", "ingest"})
            return Principal("service", claim.service, claim.service, scopes=scopes, projects=projects)
        return await self._key(token)

    async def project_exists(self, project_id: str) -> bool:
        """Return whether a project exists, from a cache of a few seconds that remains usable during an outage."""
        return await self._look_up("projects", project_id, self._projects, STALE_S) is not None

    async def retention_days(self, project_id: str) -> int:
        """Return the days that a project keeps its logs, or the default when the project cannot be read."""
        try:
            project = await self._look_up("projects", project_id, self._projects, STALE_S)
        except Unavailable:
            project = None
        return int((project or {}).get("retention_days", DEFAULT_RETENTION_DAYS))

    async def _key(self, token: str) -> Principal:
        prefix, _, rest = token.partition("_")
        key_id, _, secret = rest.partition("_")
        if f"{prefix}_" != KEY_PREFIX or not key_id or not secret:
            raise Unauthorized("not a Logloop API key; keys start with llk_")
        document = await self._look_up("api_keys", key_id, self._keys, STALE_S)
        digest = self._hasher.hash(secret)
        if document is None or not hmac.compare_digest(digest.encode(), str(document["hash"]).encode()):
            raise Unauthorized("unknown API key; create one with 'logloop admin keys create'")
        if document.get("revoked_at") is not None:
            raise Unauthorized("this API key is revoked; use another")
        if _past(document.get("expires_at")):
            raise Unauthorized("this API key has expired; create a new one")
        known = self._key_principals.get(key_id)
        if known is None or known[0] is not document:
            known = self._key_principals[key_id] = document, key_principal(document)
        return known[1]

    async def _session(self, token: str) -> Principal:
        session = await self._look_up("sessions", session_hash(token), self._sessions, FRESH_S)
        if session is None or _past(session.get("expires_at")) or _past(session.get("idle_expires_at")):
            raise Unauthorized("your session has ended; sign in again")
        user = await self._look_up("users", str(session["user_id"]), self._sessions, FRESH_S)
        if user is None or user.get("disabled"):
            raise Unauthorized("this account is disabled; ask an administrator")
        missing = bool(session.get("must_set_up_two_factor"))
        return user_principal(user, str(session["_id"]), must_set_up_two_factor=missing)

    async def _look_up(self, collection: str, key: str, cache: _Cache, stale_s: float) -> Document | None:
        name = f"{collection}/{key}"
        fresh = cache.get(name, FRESH_S)
        if fresh is not None:
            return fresh[0]
        stale = cache.get(name, stale_s)
        remembered = stale[0] if stale is not None else None
        if remembered is not None and time.monotonic() < self._away_until:
            return remembered
        try:
            async with asyncio.timeout(None if remembered is None else PATIENCE_S):
                return await self._shared_read(collection, key, cache)
        except (PyMongoError, TimeoutError) as error:
            if remembered is None:
                raise Unavailable(
                    "the database is unavailable, so the caller cannot be authenticated; try again"
                ) from error
            self._away_until = time.monotonic() + AWAY_S
            return remembered

    async def _shared_read(self, collection: str, key: str, cache: _Cache) -> Document | None:
        """Read a document once for all requests that need it at the same time, and cache it."""
        name = f"{collection}/{key}"
        waiting = self._lookups.get(name)
        if waiting is None:
            waiting = asyncio.ensure_future(self._read(collection, key, cache))
            self._lookups[name] = waiting
            waiting.add_done_callback(lambda done: self._lookup_ended(name, done))
        return await asyncio.shield(waiting)

    async def _read(self, collection: str, key: str, cache: _Cache) -> Document | None:
        document = await self._database[collection].find_one({"_id": key})
        cache.put(f"{collection}/{key}", document)
        return document

    def _lookup_ended(self, name: str, done: "asyncio.Future[Document | None]") -> None:
        del self._lookups[name]
        if not done.cancelled():
            done.exception()  # all waiting requests may have timed out

    def forget(self, collection: str, key: str) -> None:
        """Remove a document from the caches after this process changed it."""
        for cache in (self._keys, self._projects, self._sessions):
            cache.remove(f"{collection}/{key}")


def _past(moment: datetime | None) -> bool:
    return moment is not None and moment <= utc_now()


def bearer_token(headers: Headers) -> str | None:
    """Return the API key or token of a request."""
    authorization = headers.get("authorization")
    if authorization:
        kind, _, value = authorization.partition(" ")
        return value.strip() if kind.lower() == "bearer" else None
    return headers.get("x-api-key")


def session_cookie(headers: Headers) -> str | None:
    """Return the session token of a request."""
    cookies = {
        name.strip(): value.strip()
        for name, _, value in (part.partition("=") for part in headers.get("cookie", "").split(";"))
    }
    return cookies.get(SECURE_COOKIE) or cookies.get(PLAIN_COOKIE)


def same_origin(headers: Headers, *, absent: bool = False) -> bool:
    """Return whether a browser sent this request from our own origin, or `absent` if no header says so."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    if origin is None:
        return absent
    return urlsplit(origin).netloc == headers.get("x-forwarded-host", headers.get("host", ""))
