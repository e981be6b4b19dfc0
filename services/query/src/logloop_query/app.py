"""Composes the query service: routes, error handlers and the services behind them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request, Response
from logloop_chassis.app import service_app
from logloop_chassis.http.problems import Unavailable, Unprocessable, problem_response
from logloop_chassis.state import Resources, ServiceApp

from logloop_query.http.logs.parameters import TOO_SLOW
from logloop_query.http.mcp import AgentEndpoint
from logloop_query.http.routes import ROUTERS, TAGS
from logloop_query.logs.search.limits.admission import TooBusy
from logloop_query.logs.search.limits.pace import OutOfTime
from logloop_query.query_services import QueryServices
from logloop_query.settings import QuerySettings
from logloop_query.wiring import open_services


def create_app(settings: QuerySettings) -> ServiceApp:
    """Return the app. Nothing connects before its lifespan starts."""

    @asynccontextmanager
    async def open_all(resources: Resources[QuerySettings]) -> AsyncIterator[QueryServices]:
        async with open_services(resources) as services, agents.running():
            yield services

    app = service_app(
        settings,
        service="query",
        title="Logloop query",
        description="Search, tail and export logs, and manage projects, users and settings.",
        open_service=open_all,
        dead_letter_prefix="/api/v1/query/dead-letters",
        tags=TAGS,
    )
    agents = AgentEndpoint(app)
    for router in ROUTERS:
        app.add_routes(router)
    app.router.routes.append(agents.route())
    app.add_exception_handler(TooBusy, _on_too_busy)
    app.add_exception_handler(OutOfTime, _on_out_of_time)
    return app


async def _on_too_busy(_: Request, __: Exception) -> Response:
    return problem_response(Unavailable("too many searches are running; try again", retry_after=5))


async def _on_out_of_time(_: Request, __: Exception) -> Response:
    return problem_response(Unprocessable(f"nothing was found in time: {TOO_SLOW}"))
