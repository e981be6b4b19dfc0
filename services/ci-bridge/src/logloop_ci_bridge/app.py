"""The composition root of ci-bridge: what it opens, which routes it mounts, what it consumes.

It must not hold a rule of any use case.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI, Request, Response
from logloop_chassis.app import service_app
from logloop_chassis.database.outages import is_outage
from logloop_chassis.http.problems import Unavailable, problem_response
from logloop_chassis.messaging.consuming import subscribe
from logloop_chassis.outbound.egress import EgressGuard
from logloop_chassis.settings import is_loopback
from logloop_chassis.state import Resources
from logloop_contracts.channels import CI_BRIDGE_ANALYSES, CI_BRIDGE_LOGS, CI_BRIDGE_PROJECTS, CI_BRIDGE_RUNS
from pymongo.errors import PyMongoError

from logloop_ci_bridge import http
from logloop_ci_bridge import record_store as records
from logloop_ci_bridge.consumers import analysis_handler, log_batch_handler, project_handler, run_handler
from logloop_ci_bridge.dispatches.dispatcher import Dispatcher, GatewayOf
from logloop_ci_bridge.dispatches.store import DispatchStore
from logloop_ci_bridge.github.client import GitHubClient
from logloop_ci_bridge.github.gateway import ConsoleGateway, Gateway
from logloop_ci_bridge.github.webhooks import Webhooks
from logloop_ci_bridge.project_removal import ProjectRemoval
from logloop_ci_bridge.query_client import QueryApi
from logloop_ci_bridge.rules.active_rules import RuleBook
from logloop_ci_bridge.rules.evaluator import Watching
from logloop_ci_bridge.rules.firing import Evaluations, Firing
from logloop_ci_bridge.runs.store import RunStore
from logloop_ci_bridge.runs.tracker import Following
from logloop_ci_bridge.settings import CiBridgeSettings
from logloop_ci_bridge.state import Bridge
from logloop_ci_bridge.work_loops import nap, surviving

_FLUSH_S = 1.0
_log = structlog.get_logger()


def create_app(settings: CiBridgeSettings) -> FastAPI:
    """The service as an app; nothing connects before its lifespan starts."""
    app = service_app(
        settings,
        service="ci-bridge",
        title="Logloop ci-bridge",
        description="Rules on logs, analyses and runs that start GitHub workflows, and what those workflows print.",
        open_service=_open,
        dead_letter_prefix="/api/v1/ci/dead-letters",
        tags=http.TAGS,
    )
    for router in http.ROUTERS:
        app.include_router(router)
    app.add_exception_handler(PyMongoError, _on_mongo_error)
    return app


@asynccontextmanager
async def _open(resources: Resources[CiBridgeSettings], app: FastAPI) -> AsyncIterator[None]:
    settings = resources.settings
    async with AsyncExitStack() as stack:
        bridge = await _bridge(resources, stack)
        app.state.bridge = bridge
        stack.push_async_callback(bridge.evaluations.flush)
        await _run_within(stack, "dispatcher", bridge.dispatcher.run, resources.stopping)
        await _run_within(stack, "following", bridge.following.run, resources.stopping)
        await _run_within(stack, "evaluations", _flushing(bridge.evaluations), resources.stopping)
        for queue, make, prefetch in (
            (CI_BRIDGE_LOGS, log_batch_handler, settings.ci_prefetch),
            (CI_BRIDGE_ANALYSES, analysis_handler, 4),
            (CI_BRIDGE_RUNS, run_handler, 4),
            (CI_BRIDGE_PROJECTS, project_handler, 1),
        ):
            handler = make(bridge, resources.stopping)
            subscribe(resources.consumer, queue, handler, resources.publisher, prefetch=prefetch)
        yield


async def _bridge(resources: Resources[CiBridgeSettings], stack: AsyncExitStack) -> Bridge:
    settings, database = resources.settings, resources.database
    templates, pipelines, rules = records.templates(database), records.pipelines(database), records.rules(database)
    dispatches, runs = DispatchStore(resources.mongo, database), RunStore(database)
    for store in (templates, pipelines, rules, dispatches, runs):
        await _when_mongodb_is_there(store.prepare)
    query, github = QueryApi(settings.query_url, settings.secret_key.get_secret_value()), _github(settings)
    stack.push_async_callback(query.close)
    stack.push_async_callback(github.close)
    gateway_of = _gateways(query, github)
    dispatcher = _dispatcher(resources, dispatches, gateway_of)
    following = _following(resources, dispatches, runs, gateway_of)
    evaluations = Evaluations(dispatches)
    book = RuleBook(rules, fresh_s=settings.ci_rules_fresh)
    firing = Firing(dispatches, pipelines, templates, evaluations, dispatcher.wake.set)
    return Bridge(
        templates=templates,
        pipelines=pipelines,
        rules=rules,
        dispatches=dispatches,
        runs=runs,
        query=query,
        book=book,
        evaluations=evaluations,
        watching=Watching(book, firing, evaluations, public_url=settings.public_url),
        dispatcher=dispatcher,
        following=following,
        webhooks=Webhooks(query, pipelines, dispatches, runs, following.wake.set),
        removal=ProjectRemoval(templates, pipelines, rules, dispatches, runs, book, query),
    )


def _dispatcher(
    resources: Resources[CiBridgeSettings], dispatches: DispatchStore, gateway_of: GatewayOf
) -> Dispatcher:
    settings = resources.settings
    return Dispatcher(
        dispatches,
        gateway_of,
        resources.publisher,
        lease_s=settings.ci_lease,
        settle_s=settings.ci_settle,
        interval_s=settings.ci_send_interval,
        poll_s=settings.ci_poll,
        repository_budget=settings.ci_repository_budget,
    )


def _following(
    resources: Resources[CiBridgeSettings], dispatches: DispatchStore, runs: RunStore, gateway_of: GatewayOf
) -> Following:
    settings = resources.settings
    return Following(
        dispatches,
        runs,
        gateway_of,
        resources.publisher,
        poll_s=settings.ci_poll,
        lease_s=settings.ci_lease,
        lost_after_s=settings.ci_lost_after,
        job_log_bytes=settings.ci_job_log_bytes,
    )


def _github(settings: CiBridgeSettings) -> GitHubClient:
    """The operator's own API address is allowed wherever it is; what projects name must be public or allowed."""
    own_host = urlsplit(settings.github_api_url).hostname or ""
    guard = EgressGuard(f"{settings.egress_allow},{own_host}", loopback=is_loopback(settings.host))
    hosts = [host.strip().lower() for host in settings.github_log_hosts.split(",") if host.strip()]
    return GitHubClient(settings.github_api_url, guard, log_hosts=hosts, timeout_s=settings.github_timeout)


def _gateways(query: QueryApi, github: GitHubClient) -> GatewayOf:
    """GitHub where the project has credentials, else the twin that only records."""
    console = ConsoleGateway()

    async def gateway_of(project_id: str) -> Gateway:
        credentials = await query.credentials(project_id)
        return github.gateway(credentials) if credentials and credentials.usable else console

    return gateway_of


def _flushing(evaluations: Evaluations) -> Callable[[asyncio.Event], Awaitable[None]]:
    async def flush() -> bool:
        await evaluations.flush()
        return False

    async def run(stopping: asyncio.Event) -> None:
        never = asyncio.Event()
        while not stopping.is_set():
            await surviving(flush, "keeping evaluations")
            await nap(never, stopping, _FLUSH_S)

    return run


async def _run_within(
    stack: AsyncExitStack, name: str, work: Callable[[asyncio.Event], Awaitable[None]], stopping: asyncio.Event
) -> None:
    """Run a loop until the service closes; the step in hand is finished first, within a limit."""
    task = asyncio.ensure_future(work(stopping))

    async def end() -> None:
        stopping.set()
        await asyncio.wait([task], timeout=10)
        task.cancel()

    def ended(finished: "asyncio.Future[None]") -> None:
        if not finished.cancelled() and finished.exception():
            _log.error("a loop ended by itself", loop=name, exc_info=finished.exception())

    task.add_done_callback(ended)
    stack.push_async_callback(end)


async def _when_mongodb_is_there(prepare: Callable[[], Awaitable[None]]) -> None:
    """Prepare a collection; MongoDB may come up after us."""
    while True:
        try:
            await prepare()
        except PyMongoError as error:
            if not is_outage(error):
                raise
            _log.warning("MongoDB is not reachable yet", error=str(error)[:200])
            await asyncio.sleep(1.0)
        else:
            return


async def _on_mongo_error(request: Request, error: Exception) -> Response:
    _log.warning("database error", path=request.url.path, error=str(error)[:300])
    return problem_response(Unavailable("the database is away; try again"))
