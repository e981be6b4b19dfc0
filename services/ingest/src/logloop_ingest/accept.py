"""The use case of ingest: decode a body, authorise and check its entries, submit them and wait for the confirms."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cache
from typing import ParamSpec, TypeVar

from logloop_chassis.auth.principal import Principal
from prometheus_client import Counter

from logloop_ingest.authorisation import ProjectExists, authorise
from logloop_ingest.batching.duplicates import BatchKey, digest_of
from logloop_ingest.batching.submitter import Submitter
from logloop_ingest.checking.check import RejectedEntry, check
from logloop_ingest.checking.rules import Rules
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.entries import Entries
from logloop_ingest.telemetry import ACCEPTED, DUPLICATES, RECEIVED_BYTES, REJECTED

P = ParamSpec("P")
T = TypeVar("T")

Parse = Callable[[bytes, Limits], Entries]
"""Returns the entries of a body. Raises BadRequest when it cannot be parsed, TooLarge above the limits."""

IN_THREAD_FROM = 512 * 1024
"""Bytes of a body from which parsing and checking run in a thread; for less, a thread costs more than it saves."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A decompressed body of entries and its sender. A duplicate with the same `idempotency_key` is stored once.

    `transport` is a label of metrics. `project_id` is the project of entries that do not state one; by default that
    of the caller. `once` also stores equal content of the same caller once, if its entries state their times.
    """

    body: bytes
    parse: Parse
    principal: Principal
    transport: str
    idempotency_key: str | None = None
    project_id: str | None = None
    once: bool = False


@dataclass(slots=True)
class Result:
    """The outcome of a submission. The broker has confirmed all accepted entries. `batches`: batch id by project."""

    accepted: int = 0
    rejected: list[RejectedEntry] = field(default_factory=list)
    batches: dict[str, str] = field(default_factory=dict)
    duplicate: bool = False


class Accept:
    """Accepts submissions of all transports."""

    def __init__(
        self,
        submitter: Submitter,
        project_exists: ProjectExists,
        *,
        limits: Limits,
        executor: Executor,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._submitter = submitter
        self._project_exists = project_exists
        self._limits = limits
        self._executor = executor
        self._clock = clock

    async def __call__(self, submission: Submission) -> Result:
        """Publish the entries that break no rule, and return after the broker's confirm.

        Raises BadRequest or TooLarge when the body cannot be parsed, Conflict when its key was used for another body,
        Unavailable when projects cannot be looked up, NotPublished when the broker did not confirm: then some of the
        entries may be stored, and a retry with the same idempotency key stores the others.
        """
        body, principal, transport = submission.body, submission.principal, submission.transport
        _labelled(RECEIVED_BYTES, transport).inc(len(body))

        entries = await self._run(len(body), submission.parse, body, self._limits)
        access = await authorise(principal, entries.project_ids, self._project_exists, default=submission.project_id)
        rules = Rules(self._limits, access, now_us=self.now_us())
        checked = await self._run(len(body), check, entries, rules)
        key = await self._run(len(body), _batch_key, submission, entries.is_unique)
        del entries  # frees the parsed objects before the wait for the confirm
        confirmed = await self._submitter.submit(
            checked.by_project,
            key=key,
            key_id=principal.id if principal.kind == "key" else None,
        )

        result = Result(
            accepted=sum(map(len, checked.by_project.values())),
            rejected=checked.rejected,
            batches={project_id: item.batch_id for project_id, item in confirmed.items()},
            duplicate=any(item.duplicate for item in confirmed.values()),
        )
        _count(transport, result)
        return result

    def now_us(self) -> int:
        """Return the server's time in microseconds since 1970."""
        return self._clock() // 1000

    async def _run(self, size: int, stage: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a stage, in a thread when the body has many bytes."""
        if size < IN_THREAD_FROM:
            return stage(*args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._executor, lambda: stage(*args, **kwargs))


@cache
def _labelled(counter: Counter, transport: str) -> Counter:
    return counter.labels(transport)


def _batch_key(submission: Submission, is_unique: bool) -> BatchKey | None:
    """Return what identifies the batches of a submission, None if nothing does."""
    if submission.idempotency_key is not None:
        return BatchKey(submission.idempotency_key, digest_of(submission.body))
    if submission.once and is_unique:
        digest = digest_of(submission.body)
        # No idempotency key has a NUL character.
        return BatchKey(f"\0{submission.principal.id}\0{digest.hex()}", digest, is_content=True)
    return None


def _count(transport: str, result: Result) -> None:
    if result.duplicate:
        DUPLICATES.labels(transport).inc()
    else:
        _labelled(ACCEPTED, transport).inc(result.accepted)
    for item in result.rejected:
        REJECTED.labels(transport, item.violations[0].code).inc()
