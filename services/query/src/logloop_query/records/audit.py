"""Keeps the audit trail: who changed what, when and from which address, chained by hashes to reveal tampering.

An entry holds the names of changed fields and no values, because values may be secret.
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
from logloop_chassis.ids import utc_now
from logloop_contracts.audit import AuditedChange

from logloop_query.records.audit_store import AuditStore, NumberTaken
from logloop_query.time_bounds import rfc3339, to_microseconds

GENESIS = "0" * 64
_ATTEMPTS = 50
_UNNAMED = frozenset({"_id", "updated_at"})
T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller and the address it calls from."""

    principal: Principal
    ip: str | None = None


SYSTEM = Actor(Principal("service", "query", "Logloop", is_admin=True, projects=None))
"""The actor of changes that the service makes by itself, such as those of the first start."""


@dataclass(frozen=True, slots=True)
class Verification:
    """Result of checking the chain: the number of valid entries and the number of the first invalid one."""

    entries: int
    head: str
    broken_at: int | None


class AuditTrail:
    """Adds entries and verifies the chain."""

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
        """Add an entry, such as action `service.update` on kind `service`. Raises Unavailable.

        Inside `in_transaction` the entry becomes part of the transaction.
        """
        entry: Document = {
            "at": rfc3339(to_microseconds(utc_now())),
            "actor": {"kind": actor.principal.kind, "id": actor.principal.id, "name": actor.principal.name},
            "ip": actor.ip,
            "action": action,
            "resource": {"kind": kind, "id": record_id},
            "project_id": project_id,
            "changed": changed_fields(before, after),
        }
        if self._store.in_transaction:
            await self._append(entry)
            return
        await self._retry_taken_numbers(
            lambda: self._append(entry),
            "the change was made, but the audit trail is too busy to record it; check before you repeat it",
        )

    async def report(self, change: AuditedChange) -> None:
        """Add the entry of a change that another service made, once. Raises Unavailable."""
        entry: Document = {
            "at": rfc3339(to_microseconds(change.at)),
            "actor": {"kind": change.actor_kind, "id": change.actor_id, "name": change.actor_name},
            "ip": change.ip,
            "action": change.action,
            "resource": {"kind": change.kind, "id": change.record_id},
            "project_id": change.project_id,
            "changed": sorted(change.changed),
            "report_id": change.id,
        }

        async def append() -> None:
            if not await self._store.has_report(change.id):
                await self._append(entry)

        await self._retry_taken_numbers(append, "the audit trail is too busy; report the change again")

    async def in_transaction(self, change: Callable[[], Awaitable[T]]) -> T:
        """Run a change and its audit entry in one transaction. Raises Unavailable, and then nothing has changed.

        `change` may run more than once, so it has no lasting effects outside the database.
        """
        return await self._retry_taken_numbers(
            lambda: self._store.run_in_transaction(change),
            "the audit trail is too busy to record this change, so it was not made; try again",
        )

    async def page(self, where: Mapping[str, Any], *, before: int | None, limit: int) -> list[Document]:
        """Return up to `limit` entries with numbers below `before`, newest first."""
        return await self._store.page(where, before=before, limit=limit)

    async def verify(self) -> Verification:
        """Check the whole chain."""
        head, expected = GENESIS, 1
        async for entry in self._store.all():
            if entry["_id"] != expected or entry["previous"] != head or entry["hash"] != entry_hash(entry):
                return Verification(expected - 1, head, int(entry["_id"]))
            head, expected = str(entry["hash"]), expected + 1
        return Verification(expected - 1, head, None)

    async def _retry_taken_numbers(self, work: Callable[[], Awaitable[T]], failure: str) -> T:
        """Repeat `work`, which adds an entry, until no other instance takes its number first."""
        async with self._one_at_a_time:
            for attempt in range(_ATTEMPTS):
                try:
                    return await work()
                except NumberTaken:
                    await asyncio.sleep(0.002 * attempt)
        raise Unavailable(failure)

    async def _append(self, entry: Document) -> None:
        await self._store.add(chained(entry, await self._store.last()))


class HasAuditTrail(Protocol):
    """A use case with an audit trail."""

    _audit: AuditTrail


U = TypeVar("U", bound=HasAuditTrail)


def audited(
    change: Callable[Concatenate[U, P], Awaitable[T]],
) -> Callable[Concatenate[U, P], Coroutine[Any, Any, T]]:
    """Run a method that changes a record and records it in one transaction. The method may run more than once."""

    @functools.wraps(change)
    async def in_transaction(self: U, /, *args: P.args, **options: P.kwargs) -> T:
        return await self._audit.in_transaction(lambda: change(self, *args, **options))

    return in_transaction


def changed_fields(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[str]:
    """Return the sorted names of the fields that differ. The hash of a password is named `password`."""
    old, new = before or {}, after or {}
    names = {name for name in (*old, *new) if old.get(name) != new.get(name)} - _UNNAMED
    return sorted("password" if name == "password_hash" else name for name in names)


def chained(entry: Document, last: Document | None) -> Document:
    """Return the entry with the number and hashes that follow `last`."""
    linked = {
        "_id": 1 if last is None else int(last["_id"]) + 1,
        "previous": GENESIS if last is None else str(last["hash"]),
        **entry,
    }
    return {**linked, "hash": entry_hash(linked)}


def entry_hash(entry: Mapping[str, Any]) -> str:
    """Return the SHA-256 of an entry without its own hash, as JSON with sorted keys."""
    body = {name: value for name, value in entry.items() if name != "hash"}
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
