"""Routes on single logs: read, change, delete, lines around one; and deletion by search.

It must not know how a log is found or rewritten.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query, Request, Response
from logloop_chassis.auth.dependencies import CurrentPrincipal
from logloop_chassis.auth.principal import Principal, Scope, require
from logloop_chassis.http.problems import Conflict, NotFound, Unprocessable
from logloop_contracts.log_batch import attributes_text
from logloop_contracts.log_entry import (
    Attributes,
    Message,
    Reference,
    ServiceId,
    SeverityField,
    UtcTimestamp,
)
from pydantic import BaseModel, ConfigDict, Field, model_validator

from logloop_query.http.callers import CurrentActor, CurrentRecords
from logloop_query.http.logs.parameters import (
    TOO_SLOW,
    CurrentSearching,
    ProjectQuery,
    Q,
    Since,
    Until,
    caller_key,
    log_id,
    log_problems,
    scoped,
)
from logloop_query.http.logs.search import Log, json_response
from logloop_query.logs.edits import Contended, DeletionTooSlow, FoundLog, LogEdits, LogGone
from logloop_query.logs.search.filter import EVERYTHING, Equals, Filter, both
from logloop_query.logs.search.plan import Window
from logloop_query.logs.search.rows import Cursor, json_rows, keys_of_table
from logloop_query.logs.search.scan import PageRequest
from logloop_query.logs.search.text import read_filter

router = APIRouter(prefix="/api/v1/logs", tags=["logs"])
T = TypeVar("T")

LogPath = Annotated[
    str,
    Path(description="Id of a log, from a search.", examples=["06k3v5e1c8q0g2d7h4n9s5t1vk-7a1c2-3"], max_length=80),
]
_REQUIRED = frozenset({"service_id", "message", "severity", "timestamp"})


class LogChanges(BaseModel):
    """Fields to change; what is left out stays. null removes an optional field."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"severity": "warn", "attributes": {"ticket": "SHOP-12"}}]},
    )

    service_id: ServiceId | None = None
    test_id: Reference | None = None
    func_id: Reference | None = None
    message: Message | None = None
    severity: SeverityField | None = None
    timestamp: UtcTimestamp | None = Field(None, description="With an offset.")
    source: Reference | None = None
    attributes: Attributes | None = Field(None, description="Replaces all attributes.")

    @model_validator(mode="after")
    def _storable(self) -> "LogChanges":
        emptied = [name for name in sorted(_REQUIRED & self.model_fields_set) if getattr(self, name) is None]
        if emptied:
            raise ValueError(f"{', '.join(emptied)} cannot be removed")
        try:
            (self.message or "").encode()
            (attributes_text(self.attributes) or "").encode()
        except ValueError:
            raise ValueError("message and attributes take only valid Unicode and finite numbers") from None
        return self

    def columns(self) -> dict[str, Any]:
        """Columns with their new values."""
        values = {name: getattr(self, name) for name in sorted(self.model_fields_set)}
        if "severity" in values:
            values["severity"] = values["severity"].value
        return values


class Deleted(BaseModel):
    """How many logs were deleted."""

    deleted: int


class Context(BaseModel):
    """A log and its neighbours in time, oldest first in each list."""

    before: list[Log]
    log: Log
    after: list[Log]
    partial: bool = Field(description="True when a bound ended the search early, so that neighbours may be missing.")


def _edits(request: Request) -> LogEdits:
    found: LogEdits = request.app.state.log_edits
    return found


async def _or_problem(call: Callable[[], Awaitable[T]]) -> T:
    try:
        return await call()
    except LogGone as error:
        raise NotFound("there is no such log that you may see; it may have been deleted or have expired") from error
    except Contended as error:
        raise Conflict("this part of the logs is being changed by others; try again") from error


def _allowed(principal: Principal, scope: Scope) -> Callable[[str], bool]:
    """Which projects' logs the caller may touch. Raises Forbidden in a project it sees without that right."""

    def visible(project_id: str) -> bool:
        if principal.sees(project_id):
            require(principal, scope, project_id)
            return True
        return False

    return visible


def _json(found: FoundLog) -> dict[str, Any]:
    return json_rows(found.project_id, found.row)[0]


@router.get("/{id}", summary="Read a log", operation_id="get_log", response_model=Log, responses=log_problems())
async def get_log(request: Request, principal: CurrentPrincipal, id: LogPath) -> Response:  # noqa: A002  # path name
    """Read one log by its id."""
    wanted = log_id(id)
    found = await _or_problem(lambda: _edits(request).find(wanted, _allowed(principal, "read")))
    return json_response(_json(found))


@router.patch(
    "/{id}", summary="Change a log", operation_id="change_log", response_model=Log, responses=log_problems(409, 413)
)
async def change_log(
    request: Request,
    actor: CurrentActor,
    records: CurrentRecords,
    id: LogPath,  # noqa: A002  # path name
    changes: LogChanges,
) -> Response:
    """Change fields of a log. Its id stays; its project cannot be changed."""
    wanted = log_id(id)
    columns = changes.columns()
    if not columns:
        raise Unprocessable("name at least one field to change")
    found = await _or_problem(lambda: _edits(request).change(wanted, _allowed(actor.principal, "write"), columns))
    trail = records.audit
    await trail.record(actor, "log.update", "log", id, project_id=found.project_id, before={}, after=columns)
    return json_response(_json(found))


@router.delete(
    "/{id}", status_code=204, summary="Delete a log", operation_id="delete_log", responses=log_problems(409)
)
async def delete_log(
    request: Request,
    actor: CurrentActor,
    records: CurrentRecords,
    id: LogPath,  # noqa: A002  # path name
) -> None:
    """Delete one log for good."""
    wanted = log_id(id)
    project_id = await _or_problem(lambda: _edits(request).delete(wanted, _allowed(actor.principal, "write")))
    await records.audit.record(actor, "log.delete", "log", id, project_id=project_id)


@router.delete(
    "",
    summary="Delete logs by search",
    operation_id="delete_logs",
    response_model=Deleted,
    responses=log_problems(409),
)
async def delete_logs(
    request: Request,
    actor: CurrentActor,
    records: CurrentRecords,
    searching: CurrentSearching,
    project_id: ProjectQuery = None,
    q: Q = "",
    since: Since = None,
    until: Until = None,
) -> Response:
    """Delete every log that a search selects, for good; such as a secret that was logged by mistake.

    At least one of `q`, `since` and `until` must be given; `q=*` selects all logs of the project.
    """
    if not any(text and text.strip() for text in (q, since, until)):
        raise Unprocessable("say which logs to delete with q, since or until; q=* means all of the project")
    logs = await scoped(request, actor.principal, project_id, q, since, until, "write")
    too_slow: DeletionTooSlow | None = None
    try:
        async with searching.admitted("delete", logs.caller):
            deleted = await _or_problem(lambda: _edits(request).delete_window(logs.window, logs.caller))
    except DeletionTooSlow as error:
        too_slow, deleted = error, error.deleted
    if deleted:
        await records.audit.record(actor, "logs.delete", "logs", logs.project_id, project_id=logs.project_id)
    if too_slow is not None:
        raise Unprocessable(
            f"{deleted} logs were deleted, then {TOO_SLOW}; the other logs are still there"
        ) from too_slow
    return json_response({"deleted": deleted})


@router.get(
    "/{id}/context",
    summary="Read the logs around a log",
    operation_id="log_context",
    response_model=Context,
    responses=log_problems(),
)
async def log_context(
    request: Request,
    principal: CurrentPrincipal,
    searching: CurrentSearching,
    id: LogPath,  # noqa: A002  # path name
    before: Annotated[int, Query(ge=0, le=500, description="Logs before it.")] = 20,
    after: Annotated[int, Query(ge=0, le=500, description="Logs after it.")] = 20,
    same_service: Annotated[bool, Query(description="Only logs of the same service.")] = True,
    q: Q = "",
) -> Response:
    """Read a log with its neighbours in time, of the same service unless asked otherwise."""
    wanted = log_id(id)
    found = await _or_problem(lambda: _edits(request).find(wanted, _allowed(principal, "read")))
    log = _json(found)
    service: Filter = Equals("service_id", log["service_id"]) if same_service else EVERYTHING
    window = Window(found.project_id, both(service, read_filter(q)))
    key = keys_of_table(found.row)[0]
    place = Cursor(key.timestamp, key)
    caller = caller_key(principal, found.project_id)
    sides: list[list[dict[str, Any]]] = []
    partial = False
    for limit, newest_first in ((before, True), (after, False)):
        if not limit:
            sides.append([])
            continue
        page, _ = await searching.page(PageRequest(window, limit, newest_first, place), caller)
        sides.append(json_rows(found.project_id, page.table))
        partial = partial or page.partial is not None
    return json_response({"before": sides[0][::-1], "log": log, "after": sides[1], "partial": partial})
