"""The use case of ingest: a body of entries goes, checked, to the projects it names, and is confirmed.

It must not know HTTP or AMQP; both doors call it.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from logloop_chassis.auth.principal import Principal

from logloop_ingest.batching.duplicates import Digest, Repeats, digest_of
from logloop_ingest.batching.messages import Part, parts_of
from logloop_ingest.checking.check import Reading, Refused, projects_named, projects_to_look_up, read
from logloop_ingest.checking.columns import NotUniform, columns
from logloop_ingest.checking.entry import Fault, Rules
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.json_values import Form, decode, decode_clean
from logloop_ingest.telemetry import ACCEPTED, DUPLICATES, RECEIVED_BYTES, REJECTED

Door = Literal["http", "amqp"]
T = TypeVar("T")
IN_THREAD_FROM = 512 * 1024
"""Bytes of a body from which its work leaves the event loop; below, a thread costs more than it gives."""

_UNKNOWN = Fault("project_id", "unknown_project", "there is no such project; create it first")
_FORBIDDEN = Fault("project_id", "forbidden_project", "this caller may not send to this project")


class Submitting(Protocol):
    """What the use case needs of the batcher."""

    async def submit(self, project_id: str, part: Part, *, key_id: str | None = None) -> str:
        """Return the batch id after the confirm. Raises NotPublished."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A body of entries, decompressed, and who sent it. `key` makes a repeat of it harmless."""

    body: bytes
    form: Form
    principal: Principal
    door: Door
    key: str | None = None


@dataclass(slots=True)
class Result:
    """What became of a submission. Everything accepted is confirmed. `batches`: batch id by project."""

    accepted: int = 0
    refused: list[Refused] = field(default_factory=list)
    batches: dict[str, str] = field(default_factory=dict)
    duplicate: bool = False


class Accept:
    """Decode, check the caller's rights and the entries, hand over, wait for the confirms."""

    def __init__(
        self,
        batcher: Submitting,
        project_exists: Callable[[str], Awaitable[bool]],
        *,
        limits: Limits,
        executor: Executor,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._batcher = batcher
        self._project_exists = project_exists
        self._limits = limits
        self._executor = executor
        self._clock = clock
        self._repeats = Repeats()

    async def __call__(self, submission: Submission) -> Result:
        """Take in what can be taken.

        Raises BadRequest or TooLarge when the body cannot be read, Conflict when its key was used for another
        body, Unavailable when projects cannot be looked up, NotPublished when the broker did not confirm: then
        entries of several projects may be stored in part, and repeating with the same key completes them.
        """
        RECEIVED_BYTES.labels(submission.door).inc(len(submission.body))
        # In a method of its own, so that the parsed entries are gone before the wait for the confirm.
        reading = await self._read(submission.body, submission.form, submission.principal)
        result = await self._hand_over(submission, reading)
        _count(submission.door, result)
        return result

    async def _read(self, body: bytes, form: Form, principal: Principal) -> Reading:
        most = self._limits.entries
        clean = await self._work(len(body), lambda: decode_clean(body, form, max_entries=most))
        if clean:
            rules = await self._rules(principal, {entry.project_id for entry in clean})
            with contextlib.suppress(NotUniform):
                project_id, batch = await self._work(len(body), lambda: columns(clean, rules))
                return Reading({project_id: batch})
        entries = await self._work(len(body), lambda: decode(body, form, max_entries=most))
        rules = await self._rules(principal, projects_named(entries))
        return await self._work(len(body), lambda: read(entries, rules))

    async def _rules(self, principal: Principal, named: Collection[Any]) -> Rules:
        default = principal.only_project()
        refusals = {name: await self._refusal(principal, name) for name in projects_to_look_up(named, default)}
        return Rules(self._limits, self._clock() // 1000, default, refusals)

    async def _work(self, size: int, call: Callable[[], T]) -> T:
        if size < IN_THREAD_FROM:
            return call()
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)

    async def _refusal(self, principal: Principal, project_id: str) -> Fault | None:
        """Why the caller may not write to a project, None when it may."""
        if principal.kind == "user" and not principal.sees(project_id):
            return _UNKNOWN
        if not principal.may("ingest", project_id):
            return _FORBIDDEN
        if principal.kind == "key" and not principal.is_admin:
            return None  # such a key exists only within its project
        return None if await self._project_exists(project_id) else _UNKNOWN

    async def _hand_over(self, submission: Submission, reading: Reading) -> Result:
        result = Result(refused=reading.refused)
        digest = None if submission.key is None else digest_of(submission.body)
        jobs = []
        for project_id, rows in reading.groups.items():
            result.accepted += len(rows)
            parts = parts_of(project_id, rows, submission.key)
            jobs.append(self._confirm(submission.principal, project_id, parts, digest))
        for project_id, (batch_id, duplicate) in zip(reading.groups, await _all(jobs), strict=True):
            result.batches[project_id] = batch_id
            result.duplicate = result.duplicate or duplicate
        return result

    async def _confirm(
        self, principal: Principal, project_id: str, parts: list[Part], digest: Digest | None
    ) -> tuple[str, bool]:
        """The first batch id of the parts, and whether they were confirmed before."""
        first = parts[0].batch_id
        if first is None or digest is None:
            return await self._publish(principal, project_id, parts), False
        known = self._repeats.find(first, digest)
        if known is not None:
            return await asyncio.shield(known), True
        # A task of its own: the request that began it may be cancelled while others wait for it.
        publishing = asyncio.ensure_future(self._publish(principal, project_id, parts))
        self._repeats.remember(first, digest, publishing)
        return await asyncio.shield(publishing), False

    async def _publish(self, principal: Principal, project_id: str, parts: list[Part]) -> str:
        key_id = principal.id if principal.kind == "key" else None
        ids = await _all([self._batcher.submit(project_id, part, key_id=key_id) for part in parts])
        return ids[0]


async def _all(jobs: list[Coroutine[Any, Any, T]]) -> list[T]:
    """Results of all; every job has ended before the error of one is raised."""
    if len(jobs) == 1:
        return [await jobs[0]]
    outcomes = await asyncio.gather(*jobs, return_exceptions=True)
    results: list[T] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        results.append(outcome)
    return results


def _count(door: Door, result: Result) -> None:
    if result.duplicate:
        DUPLICATES.labels(door).inc()
    else:
        ACCEPTED.labels(door).inc(result.accepted)
    for item in result.refused:
        REJECTED.labels(door, item.faults[0].code).inc()
