"""Submits the checked entries of a request to the batcher and waits until the broker has confirmed all of them."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

from logloop_chassis.messaging.publisher import NotPublished

from logloop_ingest.batching.duplicates import BatchKey, Digest, RecentBatches
from logloop_ingest.batching.slices import BatchSlice, slices_of
from logloop_ingest.checking.rows import Rows

T = TypeVar("T")


class SubmitsSlices(Protocol):
    """The part of the batcher that is used here."""

    async def submit(self, project_id: str, batch_slice: BatchSlice, *, key_id: str | None = None) -> str:
        """Return the batch id after the confirm. Raises NotPublished."""


class ClaimsKeys(Protocol):
    """The part of the key store that is used here."""

    async def claim(self, batch_id: str, project_id: str, digest: Digest) -> bool:
        """Store the digest of a batch before it is published. Return False when it was stored before.

        Raises OtherContent when another one is stored.
        """

    async def release(self, batch_id: str, digest: Digest) -> None:
        """Forget a digest whose batch was not published."""


class Confirmed(NamedTuple):
    """The first batch id of a project's rows, and whether they had been confirmed before."""

    batch_id: str
    duplicate: bool = False


class Submitter:
    """Publishes rows through the batcher, those with an idempotency key once per process.

    A key stands for one content, whichever process receives it.
    """

    def __init__(self, batcher: SubmitsSlices, keys: ClaimsKeys) -> None:
        self._batcher = batcher
        self._keys = keys
        self._recent = RecentBatches()

    async def submit(
        self,
        by_project: Mapping[str, Rows],
        *,
        key: BatchKey | None,
        key_id: str | None,
    ) -> dict[str, Confirmed]:
        """Return what the broker confirmed, by project. `key_id` is the API key that sent the rows.

        Raises NotPublished when the broker did not confirm everything; Conflict when the idempotency key was used
        for another body.
        """
        if key is None and len(by_project) == 1:  # by far the most frequent
            [(project_id, rows)] = by_project.items()
            return {project_id: Confirmed(await self._publish(project_id, slices_of(project_id, rows, None), key_id))}
        jobs = [
            self._submit_project(project_id, slices_of(project_id, rows, key and key.text), key, key_id)
            for project_id, rows in by_project.items()
        ]
        return dict(zip(by_project, await _all(jobs), strict=True))

    async def _submit_project(
        self, project_id: str, slices: list[BatchSlice], key: BatchKey | None, key_id: str | None
    ) -> Confirmed:
        batch_id = slices[0].batch_id
        if batch_id is None or key is None:
            return Confirmed(await self._publish(project_id, slices, key_id))
        known = self._recent.find(batch_id, key.digest)
        if known is not None:
            return Confirmed(await asyncio.shield(known), duplicate=True)
        # A separate task: the request that starts it may be cancelled while duplicates wait for it.
        publishing = asyncio.ensure_future(self._publish_once(batch_id, project_id, slices, key, key_id))
        self._recent.remember(batch_id, key.digest, publishing)
        return Confirmed(await asyncio.shield(publishing))

    async def _publish_once(
        self, batch_id: str, project_id: str, slices: list[BatchSlice], key: BatchKey, key_id: str | None
    ) -> str:
        if key.is_content:
            return await self._publish(project_id, slices, key_id)
        is_new = await self._keys.claim(batch_id, project_id, key.digest)
        try:
            return await self._publish(project_id, slices, key_id)
        except NotPublished:
            if is_new:
                await self._keys.release(batch_id, key.digest)
            raise

    async def _publish(self, project_id: str, slices: list[BatchSlice], key_id: str | None) -> str:
        if len(slices) == 1:
            return await self._batcher.submit(project_id, slices[0], key_id=key_id)
        batch_ids = await _all([self._batcher.submit(project_id, item, key_id=key_id) for item in slices])
        return batch_ids[0]


async def _all(jobs: list[Coroutine[Any, Any, T]]) -> list[T]:
    """Return the results of all jobs. An error is raised only after every job has ended."""
    if len(jobs) == 1:
        return [await jobs[0]]
    outcomes = await asyncio.gather(*jobs, return_exceptions=True)
    results: list[T] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        results.append(outcome)
    return results
