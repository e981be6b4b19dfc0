"""Composes ci-bridge: HTTP routes, background loops and consumed queues."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from logloop_chassis.app import service_app
from logloop_chassis.background import running
from logloop_chassis.messaging.consuming import subscribe
from logloop_chassis.state import Resources, ServiceApp
from logloop_contracts.channels import CI_BRIDGE_ANALYSES, CI_BRIDGE_LOGS, CI_BRIDGE_PROJECTS, CI_BRIDGE_RUNS

from logloop_ci_bridge import http
from logloop_ci_bridge.consumers import analysis_handler, log_batch_handler, project_handler, run_handler
from logloop_ci_bridge.settings import CiBridgeSettings
from logloop_ci_bridge.wiring import CiBridgeServices, build_services


def create_app(settings: CiBridgeSettings) -> ServiceApp:
    """Return the service as an app; nothing connects before its lifespan starts."""
    app = service_app(
        settings,
        service="ci-bridge",
        title="Logloop ci-bridge",
        description="Rules on logs, analyses and runs that start GitHub workflows, and the output of the workflows.",
        open_service=_open_service,
        dead_letter_prefix="/api/v1/ci/dead-letters",
        tags=http.TAGS,
    )
    for router in http.ROUTERS:
        app.add_routes(router)
    return app


@asynccontextmanager
async def _open_service(resources: Resources[CiBridgeSettings]) -> AsyncIterator[CiBridgeServices]:
    stopping = resources.stopping
    async with AsyncExitStack() as stack:
        services = await build_services(resources, stack)
        stack.push_async_callback(services.evaluations.flush)
        for name, work in (
            ("dispatcher", services.dispatcher.run(stopping)),
            ("run tracker", services.run_tracker.run(stopping)),
            ("workflow reader", services.workflow_reader.run(stopping)),
            ("notifier", services.notifier.run(stopping)),
            ("actions", services.actions.run(stopping)),
            ("audit", services.change_reporter.run(stopping)),
            ("evaluations", services.evaluations.run(stopping)),
        ):
            await stack.enter_async_context(running(name, work, stopping=stopping))
        _subscribe(resources, services)
        yield services


def _subscribe(resources: Resources[CiBridgeSettings], services: CiBridgeServices) -> None:
    for queue, handler_for, prefetch in (
        (CI_BRIDGE_LOGS, log_batch_handler, resources.settings.ci_prefetch),
        (CI_BRIDGE_ANALYSES, analysis_handler, 4),
        (CI_BRIDGE_RUNS, run_handler, 4),
        (CI_BRIDGE_PROJECTS, project_handler, 1),
    ):
        handler = handler_for(services, resources.stopping)
        subscribe(resources.consumer, queue, handler, resources.publisher, prefetch=prefetch)
