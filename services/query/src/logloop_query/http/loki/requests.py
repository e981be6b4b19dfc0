"""What the endpoints of Loki's API share: the caller, the parameters, and errors as Loki writes them."""

import base64
import binascii
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute
from logloop_chassis.auth.authenticator import bearer_token
from logloop_chassis.auth.principal import Principal, require
from logloop_chassis.http.problems import BadRequest, Problem, TooLarge
from logloop_chassis.ids import utc_now
from logloop_chassis.state import ServiceApp, parts_of
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from logloop_query.catalogue.projects import missing_project
from logloop_query.http.foreign_pages import refuse_foreign_pages
from logloop_query.http.logs.parameters import TOO_SLOW, caller_key
from logloop_query.logs.search.limits.admission import TooBusy
from logloop_query.logs.search.limits.pace import OutOfTime
from logloop_query.logs.search.plan import LogSelection
from logloop_query.loki.errors import BadLogQL
from logloop_query.loki.shapes import CATEGORIZE
from logloop_query.loki.syntax_tree import LogQuery
from logloop_query.loki.times import SECOND_NS, duration_ns, moment_ns, seconds_or_duration_ns
from logloop_query.loki.translation import filter_of
from logloop_query.query_services import LogServices, QueryServices
from logloop_query.time_bounds import to_microseconds

TENANT_HEADER = "x-scope-orgid"
MAX_LINES = 5_000
_MAX_BODY = 64 * 1024
_DEFAULT_SINCE_NS = 3_600 * SECOND_NS
_DEFAULT_STEPS = 250
_UNPROCESSABLE = 422


def authorization_of(headers: Headers) -> dict[str, str]:
    """Return the header of the caller's key: a bearer token, X-API-Key, or the password of Basic authentication."""
    token = bearer_token(headers)
    kind, _, encoded = headers.get("authorization", "").partition(" ")
    if token is None and kind.lower() == "basic":
        try:
            token = base64.b64decode(encoded, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            token = "invalid"  # noqa: S105  # no key
    return {"authorization": f"Bearer {token}"} if token else {}


@dataclass(frozen=True, slots=True)
class LokiCaller:
    """The caller of a request and its project, which is Loki's tenant."""

    principal: Principal
    project_id: str

    @property
    def key(self) -> str:
        """Whose share of the searches its requests use."""
        return caller_key(self.principal, self.project_id)


async def caller_of(connection: HTTPConnection) -> LokiCaller:
    """Return the caller, who may read the project. Raises Problem."""
    app: ServiceApp = connection.app
    authenticator = app.resources.authenticator
    principal = await authenticator.authenticate(Headers(authorization_of(connection.headers)))
    if principal.kind == "anonymous":
        refuse_foreign_pages(connection.headers, principal)
    project_id = connection.headers.get(TENANT_HEADER) or principal.only_project()
    if not project_id:
        raise BadRequest("name the project in the header X-Scope-OrgID, or use an API key of one project")
    require(principal, "read", project_id)
    if principal.projects is None and not await authenticator.project_exists(project_id):
        raise missing_project(project_id)
    return LokiCaller(principal, project_id)


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a request, from its URL and its form. Each method raises BadRequest for an invalid value."""

    values: Mapping[str, list[str]]

    def text(self, name: str, default: str = "") -> str:
        """Return a text."""
        return self.values.get(name, [default])[0] or default

    def all(self, *names: str) -> list[str]:
        """Return every value of parameters that may be repeated."""
        return [value for name in names for value in self.values.get(name, [])]

    def whole(self, name: str, default: int, most: int) -> int:
        """Return a whole number from 1 to `most`."""
        text = self.text(name)
        if not text:
            return default
        if not (text.isdigit() and len(text) < 10 and int(text) > 0):
            raise BadRequest(f"{name} must be a whole number greater than 0")
        if int(text) > most:
            raise BadRequest(
                f"max entries limit per query exceeded: {name} is {int(text)}, at most {most} are allowed"
            )
        return int(text)

    def range_ns(self) -> tuple[int, int]:
        """Return the start and end of the time range in nanoseconds; by default the last hour."""
        try:
            now = to_microseconds(utc_now()) * 1000
            end = moment_ns(self.text("end")) if self.text("end") else now
            since = duration_ns(self.text("since")) if self.text("since") else _DEFAULT_SINCE_NS
            start = moment_ns(self.text("start")) if self.text("start") else min(end, now) - since
        except ValueError as error:
            raise BadRequest(str(error)) from error
        if start > end:
            raise BadRequest("the end of the time range is before its start")
        return start, end

    def moment_us(self) -> int:
        """Return the time of an instant query in microseconds; by default now."""
        text = self.text("time")
        try:
            return moment_ns(text) // 1000 if text else to_microseconds(utc_now())
        except ValueError as error:
            raise BadRequest(str(error)) from error

    def step_us(self, start_ns: int, end_ns: int) -> int:
        """Return the step in microseconds; by default a 250th of the range, at least a second."""
        text = self.text("step")
        try:
            chosen = max(SECOND_NS, (end_ns - start_ns) // _DEFAULT_STEPS // SECOND_NS * SECOND_NS)
            return max(1, (seconds_or_duration_ns(text) if text else chosen) // 1000)
        except ValueError as error:
            raise BadRequest(f"step: {error}") from error

    def is_forward(self) -> bool:
        """Return whether the oldest logs come first."""
        direction = self.text("direction", "backward").lower()
        if direction not in {"forward", "backward"}:
            raise BadRequest(f"invalid direction {direction[:40]!r}; it is forward or backward")
        return direction == "forward"


async def parameters_of(request: Request) -> Parameters:
    """Return the parameters of a request. Raises TooLarge for a form over 64 KiB."""
    pairs = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    if request.method == "POST":
        body = await request.body()
        if len(body) > _MAX_BODY:
            raise TooLarge("the form is larger than 64 KiB")
        pairs += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return Parameters(values)


@dataclass(frozen=True, slots=True)
class LokiRequest:
    """A request: who calls, with which parameters, and the logs of the service."""

    caller: LokiCaller
    parameters: Parameters
    services: LogServices
    categorize: bool

    async def selection(self, query: LogQuery, low: int, high: int) -> LogSelection:
        """Return the logs of a query with low <= timestamp <= high, in microseconds. Raises BadLogQL."""
        project_id = self.caller.project_id
        return LogSelection(project_id, filter_of(query, project_id), low, high)

    def bounds_us(self) -> tuple[int, int]:
        """Return the first and last microsecond of the time range, whose end is exclusive."""
        start, end = self.parameters.range_ns()
        return -(-start // 1000), -(-end // 1000) - 1


async def loki_request(request: Request) -> LokiRequest:
    """FastAPI dependency: the request, whose caller is authenticated."""
    caller = await caller_of(request)
    flags = request.headers.get("x-loki-response-encoding-flags", "")
    return LokiRequest(
        caller, await parameters_of(request), parts_of(request, QueryServices).logs, CATEGORIZE in flags
    )


class LokiRoute(APIRoute):
    """A route whose errors are plain sentences, which Grafana and logcli show as they are."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Called by FastAPI once for each route."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except Exception as error:
                problem = problem_of(error)
                if problem is None:
                    raise
                return problem

        return handled


def problem_of(error: Exception) -> Response | None:
    """Return the response to an error of the caller or of an overload; None for any other error."""
    match error:
        case BadLogQL():
            return PlainTextResponse(f"parse error: {error}", 400)
        case TooBusy():
            return PlainTextResponse("too many queries are running; try again", 503, {"Retry-After": "5"})
        case OutOfTime():
            return PlainTextResponse(f"nothing was found in time: {TOO_SLOW}", 400)
        case RequestValidationError():
            wrong = "; ".join(f"{item['loc'][-1]}: {item['msg']}" for item in error.errors())
            return PlainTextResponse(f"invalid request: {wrong}"[:500], 400)
        case Problem():
            status = 400 if error.status == _UNPROCESSABLE else error.status
            return PlainTextResponse(error.detail, status, error.headers)
        case _:
            return None


def loki_router() -> APIRouter:
    """Return a router for endpoints of Loki's API, which are in no OpenAPI document."""
    return APIRouter(prefix="/loki/api/v1", include_in_schema=False, route_class=LokiRoute)


def answer(content: Any) -> Response:
    """Return a JSON response."""
    return Response(orjson.dumps(content), media_type="application/json", headers={"Cache-Control": "no-store"})


def partial_warning(partial: str | None) -> list[str]:
    """Return what to say about a result that a limit ended early."""
    if partial is None:
        return []
    return [
        f"the result is incomplete: the limit on {partial} was reached; use a shorter time range or more matchers"
    ]
