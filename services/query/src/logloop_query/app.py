"""The composition root of query: what it opens, which routes it mounts, what it consumes.

It must not hold a rule of any use case.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from logloop_chassis.app import service_app
from logloop_chassis.database.outages import is_outage
from logloop_chassis.http.problems import Unavailable, Unprocessable, problem_response
from logloop_chassis.messaging.consuming import subscribe
from logloop_chassis.state import Resources
from logloop_contracts.channels import QUERY_LOGS
from pymongo.errors import PyMongoError

from logloop_query.http.logs.export import ExportSlots
from logloop_query.http.logs.parameters import TOO_SLOW
from logloop_query.http.routes import ROUTERS, TAGS
from logloop_query.logs.compaction import Compaction
from logloop_query.logs.consumer import log_batch_handler
from logloop_query.logs.edits import LogEdits
from logloop_query.logs.export import Export
from logloop_query.logs.live_batches import TransientQueue
from logloop_query.logs.patterns import PatternIndex
from logloop_query.logs.persister import Persister
from logloop_query.logs.search.admission import TooBusy
from logloop_query.logs.search.pace import OutOfTime
from logloop_query.logs.search.searching import Searching, SearchLimits
from logloop_query.logs.stored_logs import StoredLogs
from logloop_query.logs.stores.leases import LeaseStore
from logloop_query.logs.stores.patterns import PatternStore
from logloop_query.logs.stores.segments import SegmentStore, SnapshotTooOld
from logloop_query.logs.tail import Tails
from logloop_query.records.ids import new_id
from logloop_query.settings import QuerySettings
from logloop_query.wiring import open_records

_log = structlog.get_logger()
_PERSIST_THREADS = 2


def create_app(settings: QuerySettings) -> FastAPI:
    """The service as an app; nothing connects before its lifespan starts."""
    app = service_app(
        settings,
        service="query",
        title="Logloop query",
        description="Search, tail and export logs, and keep everything about projects, users and settings.",
        open_service=_open,
        dead_letter_prefix="/api/v1/query/dead-letters",
        tags=TAGS,
    )
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(PyMongoError, _on_mongo_error)
    app.add_exception_handler(TooBusy, _on_too_busy)
    app.add_exception_handler(OutOfTime, _on_out_of_time)
    return app


@asynccontextmanager
async def _open(resources: Resources[QuerySettings], app: FastAPI) -> AsyncIterator[None]:
    settings = resources.settings
    segments, patterns = SegmentStore(resources.database), PatternStore(resources.database)
    index = PatternIndex(patterns)
    async with AsyncExitStack() as stack:
        await _when_mongodb_is_there(segments.ensure_indexes)
        await patterns.ensure_indexes()
        searching = Searching(segments, _limits(settings))
        stack.callback(searching.close)
        app.state.logs = StoredLogs(searching, segments, patterns, index)
        app.state.searching, app.state.patterns = searching, patterns
        await _run_within(stack, "warm-up", _warm_up(searching, segments))
        app.state.log_edits = LogEdits(
            segments, searching.threads, searching.cache, segment_seconds=settings.search_max_seconds
        )
        app.state.export = Export(
            segments, searching.threads, searching.cache, segment_seconds=settings.search_max_seconds
        )
        app.state.export_slots = ExportSlots()
        records = await stack.enter_async_context(open_records(resources, app))
        executor = ThreadPoolExecutor(_PERSIST_THREADS, thread_name_prefix="persist")
        stack.callback(executor.shutdown, wait=False)
        persister = Persister(
            segments,
            records,
            index,
            executor,
            linger_s=settings.persist_linger,
            max_logs=settings.persist_logs,
            max_messages=max(1, settings.prefetch // 2),
        )
        compaction = Compaction(
            segments,
            LeaseStore(resources.database),
            executor,
            holder=new_id(),
            interval_s=settings.compaction_interval,
        )
        stack.push_async_callback(index.flush)
        stack.push_async_callback(persister.close)
        await _run_within(stack, "persister", persister.run())
        await _run_within(stack, "patterns", index.run())
        await _run_within(stack, "compaction", compaction.run())
        app.state.tails = await _open_tails(stack, resources, searching)
        handler = log_batch_handler(persister, records)
        subscribe(resources.consumer, QUERY_LOGS, handler, resources.publisher, prefetch=settings.prefetch)
        yield


async def _warm_up(searching: Searching, segments: SegmentStore) -> None:
    try:
        await searching.warm_up(await segments.project_ids())
    except (PyMongoError, SnapshotTooOld) as error:
        _log.info("the first searches will have to read more", error=str(error)[:200])


async def _open_tails(stack: AsyncExitStack, resources: Resources[QuerySettings], searching: Searching) -> Tails:
    queue = TransientQueue(resources.settings.amqp_url.get_secret_value())
    tails = Tails(queue, searching.threads, most=resources.settings.tail_clients)
    queue.offer = tails.offer
    stack.push_async_callback(queue.close)
    await _run_within(stack, "tails", tails.run())
    await _run_within(stack, "tails-stop", tails.close_when(resources.stopping))
    return tails


def _limits(settings: QuerySettings) -> SearchLimits:
    return SearchLimits(
        max_bytes=settings.search_max_bytes,
        max_seconds=settings.search_max_seconds,
        concurrency=settings.search_concurrency,
        threads=settings.search_threads,
    )


async def _run_within(stack: AsyncExitStack, name: str, work: Coroutine[Any, Any, None]) -> None:
    """Run a loop until the service closes. A loop that ends by itself is a fault and is logged."""
    task = asyncio.create_task(work, name=name)

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            _log.error("a background loop has ended", loop=name, exc_info=task.exception())

    async def stop() -> None:
        task.cancel()
        await asyncio.wait([task])

    task.add_done_callback(ended)
    stack.push_async_callback(stop)


async def _when_mongodb_is_there(call: Callable[[], Awaitable[None]]) -> None:
    delay = 0.25
    while True:
        try:
            await call()
        except PyMongoError as error:
            if not is_outage(error):
                raise
            _log.warning("waiting for MongoDB", error=f"{type(error).__name__}: {error}"[:200])
            await asyncio.sleep(delay)
            delay = min(5.0, delay * 2)
        else:
            return


async def _on_mongo_error(_: Request, error: Exception) -> Response:
    if not is_outage(error):
        raise error
    return problem_response(Unavailable("the database is away; try again"))


async def _on_too_busy(_: Request, __: Exception) -> Response:
    return problem_response(Unavailable("too many searches are running; try again", retry_after=5))


async def _on_out_of_time(_: Request, __: Exception) -> Response:
    return problem_response(Unprocessable(f"nothing was found in time: {TOO_SLOW}"))
