"""The audit trail: who changed what, when and from where, chained by hashes so that tampering shows.

It must not hold values of fields, which may be secrets: it keeps the names of what changed.
"""

import asyncio
import functools
import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import orjson
from logloop_chassis.auth.principal import Principal
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Unavailable

from logloop_query.records.audit_store import AuditStore, NumberTaken
from logloop_query.records.types import now, rfc3339

GENESIS = "0" * 64
_ATTEMPTS = 50
_UNNAMED = frozenset({"_id", "updated_at"})
T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the caller and the address it came from."""

    principal: Principal
    ip: str | None = None


SYSTEM = Actor(Principal("service", "query", "Logloop", is_admin=True, projects=None))
"""What the service does by itself, such as the first start."""


@dataclass(frozen=True, slots=True)
class Verification:
    """Outcome of a walk along the chain: how many entries fit, and the first that does not."""

    entries: int
    head: str
    broken_at: int | None


class AuditTrail:
    """Adds entries and checks the chain."""

    def __init__(self, store: AuditStore) -> None:
        self._store = store
        self._one_at_a_time = asyncio.Lock()

    async def record(
        self,
        actor: Actor,
        action: str,
        kind: str,
        record_id: str,
        *,
        project_id: str | None = None,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Add an entry, such as action `service.update` on kind `service`, to the transaction of `together` if
        there is one. Raises Unavailable.
        """
        entry: Document = {
            "at": rfc3339(now()),
            "actor": {"kind": actor.principal.kind, "id": actor.principal.id, "name": actor.principal.name},
            "ip": actor.ip,
            "action": action,
            "resource": {"kind": kind, "id": record_id},
            "project_id": project_id,
            "changed": changed_fields(before, after),
        }
        if self._store.is_joined:
            await self._append(entry)
            return
        await self._numbered(
            lambda: self._append(entry),
            "the change was made, but the audit trail is too busy to note it; look before you repeat it",
        )

    async def together(self, change: Callable[[], Awaitable[T]]) -> T:
        """Make a change and the entry that it records one transaction: neither is there without the other.

        `change` may run more than once, so it does nothing else that lasts. Raises Unavailable, nothing changed.
        """
        return await self._numbered(
            lambda: self._store.together(change),
            "the audit trail is too busy to note this change, so it was not made; try again",
        )

    async def _numbered(self, work: Callable[[], Awaitable[T]], excuse: str) -> T:
        """Repeat work that adds an entry until no other instance takes its number meanwhile."""
        async with self._one_at_a_time:
            for attempt in range(_ATTEMPTS):
                try:
                    return await work()
                except NumberTaken:
                    await asyncio.sleep(0.002 * attempt)
        raise Unavailable(excuse)

    async def _append(self, entry: Document) -> None:
        await self._store.add(chained(entry, await self._store.last()))

    async def verify(self) -> Verification:
        """Walk the whole chain."""
        head, expected = GENESIS, 1
        async for entry in self._store.all():
            if entry["_id"] != expected or entry["previous"] != head or entry["hash"] != entry_hash(entry):
                return Verification(expected - 1, head, int(entry["_id"]))
            head, expected = str(entry["hash"]), expected + 1
        return Verification(expected - 1, head, None)


class Audited(Protocol):
    """A use case with a trail."""

    _audit: AuditTrail


U = TypeVar("U", bound=Audited)


def with_its_entry(
    change: Callable[Concatenate[U, P], Awaitable[T]],
) -> Callable[Concatenate[U, P], Coroutine[Any, Any, T]]:
    """Make a method that changes a record and notes it `together`. It may run more than once."""

    @functools.wraps(change)
    async def both(self: U, /, *args: P.args, **options: P.kwargs) -> T:
        return await self._audit.together(lambda: change(self, *args, **options))

    return both


def changed_fields(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[str]:
    """Names of the fields that differ, sorted; a password's hash is named `password`."""
    old, new = before or {}, after or {}
    names = {name for name in (*old, *new) if old.get(name) != new.get(name)} - _UNNAMED
    return sorted("password" if name == "password_hash" else name for name in names)


def chained(entry: Document, last: Document | None) -> Document:
    """The entry with the number and hashes that follow `last`."""
    linked = {
        "_id": 1 if last is None else int(last["_id"]) + 1,
        "previous": GENESIS if last is None else str(last["hash"]),
        **entry,
    }
    return {**linked, "hash": entry_hash(linked)}


def entry_hash(entry: Mapping[str, Any]) -> str:
    """SHA-256 over an entry without its own hash, as JSON with sorted keys."""
    body = {name: value for name, value in entry.items() if name != "hash"}
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
