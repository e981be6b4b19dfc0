"""Endpoints of single logs: read, change, delete, read the logs around one; and deletion by search."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query, Request, Response
from logloop_chassis.auth.dependencies import CurrentPrincipal
from logloop_chassis.auth.principal import Principal, Scope, require
from logloop_chassis.http.parameters import body_problems, problems
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

from logloop_query.http.dependencies import (
    CurrentActor,
    CurrentAudit,
    CurrentLogEdits,
    CurrentLogSearch,
    CurrentLogServices,
)
from logloop_query.http.logs.parameters import (
    TOO_SLOW,
    OptionalProject,
    Q,
    SearchCaller,
    Since,
    Until,
    caller_key,
    read_log_id,
    select_logs,
)
from logloop_query.http.logs.search import Log, json_response
from logloop_query.logs.edits import DeletionTooSlow, EditConflict, FoundLog, LogNotFound
from logloop_query.logs.search.language.filter import EVERYTHING, Equals, Filter, both
from logloop_query.logs.search.language.text import read_filter
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.search.rows import SearchCursor, json_rows, keys_of_table
from logloop_query.logs.search.scan import SearchRequest

router = APIRouter(prefix="/api/v1/logs", tags=["logs"])
T = TypeVar("T")

LogPath = Annotated[
    str,
    Path(description="Id of a log, from a search.", examples=["06k3v5e1c8q0g2d7h4n9s5t1vk-7a1c2-3"], max_length=80),
]
_REQUIRED = frozenset({"service_id", "message", "severity", "timestamp"})


class LogChanges(BaseModel):
    """Fields to change. Omitted fields stay as they are; null removes an optional field."""

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
            raise ValueError("message and attributes must be valid Unicode with finite numbers") from None
        return self

    def columns(self) -> dict[str, Any]:
        """Return the columns to change with their new values."""
        values = {name: getattr(self, name) for name in sorted(self.model_fields_set)}
        if "severity" in values:
            values["severity"] = values["severity"].value
        return values


class Deleted(BaseModel):
    """Result of a deletion."""

    deleted: int = Field(description="Number of deleted logs.")


class Context(BaseModel):
    """A log and the logs around it, each list oldest first."""

    before: list[Log]
    log: Log
    after: list[Log]
    partial: bool = Field(description="True when a limit ended the search early, so that logs may be missing.")


async def _or_problem(call: Callable[[], Awaitable[T]]) -> T:
    try:
        return await call()
    except LogNotFound as error:
        raise NotFound("there is no such log that you may see; it may be deleted or expired") from error
    except EditConflict as error:
        raise Conflict("other changes of these logs are in progress; try again") from error


def _allowed(principal: Principal, scope: Scope) -> Callable[[str], bool]:
    """Return a test of visible projects. It raises Forbidden for a visible project without the scope."""

    def visible(project_id: str) -> bool:
        if principal.sees(project_id):
            require(principal, scope, project_id)
            return True
        return False

    return visible


def _json(found: FoundLog) -> dict[str, Any]:
    return json_rows(found.project_id, found.row)[0]


@router.get("/{id}", summary="Read a log", operation_id="log_read", response_model=Log, responses=problems(404))
async def read_log(principal: CurrentPrincipal, edits: CurrentLogEdits, id: LogPath) -> Response:  # noqa: A002  # path name
    """Read one log by its id."""
    wanted = read_log_id(id)
    return json_response(_json(await _or_problem(lambda: edits.find(wanted, _allowed(principal, "read")))))


@router.patch(
    "/{id}",
    summary="Change a log",
    operation_id="log_update",
    response_model=Log,
    responses=body_problems(404, 409),
)
async def update_log(
    actor: CurrentActor,
    edits: CurrentLogEdits,
    audit: CurrentAudit,
    id: LogPath,  # noqa: A002  # path name
    changes: LogChanges,
) -> Response:
    """Change fields of a log. The id and the project cannot change."""
    wanted = read_log_id(id)
    columns = changes.columns()
    if not columns:
        raise Unprocessable("there is nothing to change; send at least one field")
    found = await _or_problem(lambda: edits.change(wanted, _allowed(actor.principal, "write"), columns))
    await audit.record(actor, "log.update", "log", id, project_id=found.project_id, before={}, after=columns)
    return json_response(_json(found))


@router.delete(
    "/{id}", status_code=204, summary="Delete a log", operation_id="log_delete", responses=problems(404, 409)
)
async def delete_log(
    actor: CurrentActor,
    edits: CurrentLogEdits,
    audit: CurrentAudit,
    id: LogPath,  # noqa: A002  # path name
) -> None:
    """Delete one log permanently."""
    wanted = read_log_id(id)
    project_id = await _or_problem(lambda: edits.delete(wanted, _allowed(actor.principal, "write")))
    await audit.record(actor, "log.delete", "log", id, project_id=project_id)


@router.delete(
    "",
    summary="Delete logs by search",
    operation_id="log_delete_by_search",
    response_model=Deleted,
    responses=problems(404, 409),
)
async def delete_logs(
    request: Request,
    actor: CurrentActor,
    edits: CurrentLogEdits,
    search: CurrentLogSearch,
    audit: CurrentAudit,
    caller: SearchCaller,
    project_id: OptionalProject = None,
    q: Q = "",
    since: Since = None,
    until: Until = None,
) -> Response:
    """Delete every log that a search selects, permanently; for example a secret that was logged by mistake.

    At least one of `q`, `since` and `until` is required. `q=*` selects all logs of the project.
    """
    if not any(text and text.strip() for text in (q, since, until)):
        raise Unprocessable("select logs with q, since or until; q=* selects all logs of the project")
    logs = await select_logs(request, actor.principal, project_id, q, since, until, "write")
    too_slow: DeletionTooSlow | None = None
    try:
        async with search.admitted("delete", caller):
            deleted = await _or_problem(lambda: edits.delete_selection(logs, caller))
    except DeletionTooSlow as error:
        too_slow, deleted = error, error.deleted
    if deleted:
        await audit.record(actor, "logs.delete", "logs", logs.project_id, project_id=logs.project_id)
    if too_slow is not None:
        raise Unprocessable(f"{deleted} logs were deleted, then {TOO_SLOW}; the other logs remain") from too_slow
    return json_response({"deleted": deleted})


@router.get(
    "/{id}/context",
    summary="Read the logs around a log",
    operation_id="log_context",
    response_model=Context,
    responses=problems(404),
)
async def log_context(
    principal: CurrentPrincipal,
    edits: CurrentLogEdits,
    search: CurrentLogSearch,
    services: CurrentLogServices,
    id: LogPath,  # noqa: A002  # path name
    before: Annotated[int, Query(ge=0, le=500, description="Number of logs before it.")] = 20,
    after: Annotated[int, Query(ge=0, le=500, description="Number of logs after it.")] = 20,
    same_service: Annotated[bool, Query(description="Only logs of the same service.")] = True,
    q: Q = "",
) -> Response:
    """Read a log and the logs around it in time, by default of the same service."""
    wanted = read_log_id(id)
    found = await _or_problem(lambda: edits.find(wanted, _allowed(principal, "read")))
    log = _json(found)
    service: Filter = Equals("service_id", log["service_id"]) if same_service else EVERYTHING
    expanded = await services.templates.expanded(found.project_id, read_filter(q), guess=True)
    selection = LogSelection(found.project_id, both(service, expanded))
    key = keys_of_table(found.row)[0]
    position = SearchCursor(key.timestamp, key)
    caller = caller_key(principal, found.project_id)
    sides: list[list[dict[str, Any]]] = []
    partial = False
    for limit, newest_first in ((before, True), (after, False)):
        if not limit:
            sides.append([])
            continue
        result, _ = await search.search(SearchRequest(selection, limit, newest_first, position), caller)
        sides.append(json_rows(found.project_id, result.table))
        partial = partial or result.partial is not None
    return json_response({"before": sides[0][::-1], "log": log, "after": sides[1], "partial": partial})
