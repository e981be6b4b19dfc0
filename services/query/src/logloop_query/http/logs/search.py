"""Routes that read logs: search. It must not know how logs are stored."""

from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Response
from logloop_chassis.http.problems import Unprocessable
from logloop_contracts.log_entry import Severity
from pydantic import BaseModel, Field, JsonValue

from logloop_query.http.logs.parameters import CurrentSearching, ReadableLogs, log_problems
from logloop_query.logs.search.plan import Budget
from logloop_query.logs.search.rows import BadCursor, Cursor, json_rows
from logloop_query.logs.search.scan import PageRequest

router = APIRouter(prefix="/api/v1/logs", tags=["logs"])

CursorQuery = Annotated[
    str | None, Query(max_length=400, description="`next_cursor` of the page before; none for the first page.")
]
Order = Annotated[Literal["desc", "asc"], Query(description="Newest or oldest first.")]

_LOG_EXAMPLE: dict[str, JsonValue] = {
    "id": "06k3v5e1c8q0g2d7h4n9s5t1vk-7a1c2-3",
    "project_id": "shop",
    "service_id": "checkout",
    "test_id": None,
    "func_id": "checkout.pay:charge",
    "message": "payment timed out after 30 s",
    "severity": "error",
    "timestamp": "2026-11-22T10:00:00.123456Z",
    "source": "stdout",
    "attributes": {"trace_id": "4bf92f", "http": {"status": 502}},
}


_PAGE_EXAMPLE: dict[str, JsonValue] = {
    "items": [_LOG_EXAMPLE],
    "next_cursor": "WzE3OTUzNDg4MDAwMDAwMDAsIjA2azMiLDQ5ODcwOCwzXQ",
    "partial": False,
    "partial_reason": None,
    "scanned": {"segments": 2, "logs": 81_200, "bytes": 812_345},
    "took_ms": 9.5,
}


class Log(BaseModel):
    """A stored log."""

    model_config = {"json_schema_extra": {"examples": [_LOG_EXAMPLE]}}

    id: str = Field(description="Stays the same for the life of the log, whatever is edited.")
    project_id: str
    service_id: str
    test_id: str | None
    func_id: str | None
    message: str
    severity: Severity
    timestamp: datetime = Field(description="UTC with microseconds.")
    source: str | None
    attributes: dict[str, JsonValue] | None


class Scanned(BaseModel):
    """What a search had to read."""

    segments: int = Field(description="Groups of up to 50,000 logs that were opened.")
    logs: int = Field(description="Logs in them.")
    bytes: int = Field(description="Compressed bytes read.")


class LogPage(BaseModel):
    """A page of logs in time order."""

    model_config = {"json_schema_extra": {"examples": [_PAGE_EXAMPLE]}}

    items: list[Log]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one.")
    partial: bool = Field(
        description="True when a bound on time or bytes ended the search early: what is here has no gaps down to "
        "`next_cursor`, from where the next page goes on."
    )
    partial_reason: Literal["time", "bytes"] | None
    scanned: Scanned
    took_ms: float


def scanned(budget: Budget) -> dict[str, int]:
    """What a search cost, for an answer."""
    return {"segments": budget.segments, "logs": budget.logs, "bytes": budget.bytes}


def json_response(content: Any) -> Response:
    """A JSON answer that may hold ready-made JSON."""
    return Response(orjson.dumps(content), media_type="application/json", headers={"Cache-Control": "no-store"})


def read_cursor(text: str | None) -> Cursor | None:
    """The place to go on from. Raises Unprocessable."""
    if not text:
        return None
    try:
        return Cursor.parse(text)
    except BadCursor as error:
        raise Unprocessable(str(error), errors=[{"field": "cursor", "reason": str(error)}]) from error


@router.get(
    "",
    summary="Search logs",
    operation_id="search_logs",
    response_model=LogPage,
    responses=log_problems(),
)
async def search_logs(
    logs: ReadableLogs,
    searching: CurrentSearching,
    limit: Annotated[int, Query(ge=1, le=1000, description="How many logs a page has.")] = 100,
    cursor: CursorQuery = None,
    order: Order = "desc",
) -> Response:
    """Find logs by text, fields, attributes and time, newest first.

    Logs are found within a second of being accepted. Pages are stable: a log that arrives later never repeats
    or hides one while you page.
    """
    request = PageRequest(logs.window, limit, order == "desc", read_cursor(cursor))
    page, budget = await searching.page(request, logs.caller)
    return json_response(
        {
            "items": json_rows(logs.project_id, page.table),
            "next_cursor": page.next_cursor.text() if page.next_cursor else None,
            "partial": page.partial is not None,
            "partial_reason": page.partial,
            "scanned": scanned(budget),
            "took_ms": budget.took_ms,
        }
    )
