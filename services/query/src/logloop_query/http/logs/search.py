"""The endpoint that searches logs."""

from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Response
from logloop_chassis.http.paging import Cursor, Limit
from logloop_chassis.http.parameters import problems
from logloop_chassis.http.problems import Unprocessable
from logloop_contracts.log_entry import Severity
from pydantic import BaseModel, Field, JsonValue

from logloop_query.http.dependencies import CurrentLogSearch
from logloop_query.http.logs.parameters import ReadableLogs, SearchCaller, SearchHints
from logloop_query.logs.search.plan import Budget
from logloop_query.logs.search.rows import InvalidCursor, SearchCursor, json_rows
from logloop_query.logs.search.scan import SearchRequest

router = APIRouter(prefix="/api/v1/logs", tags=["logs"])

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
    "hints": [],
    "took_ms": 9.5,
}


class Log(BaseModel):
    """A stored log."""

    model_config = {"json_schema_extra": {"examples": [_LOG_EXAMPLE]}}

    id: str = Field(description="Never changes, whatever is edited.")
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
    """What a search has read."""

    segments: int = Field(description="Groups of up to 50,000 logs that were read.")
    logs: int = Field(description="Number of logs in them.")
    bytes: int = Field(description="Compressed bytes read.")


class LogPage(BaseModel):
    """A page of logs in time order."""

    model_config = {"json_schema_extra": {"examples": [_PAGE_EXAMPLE]}}

    items: list[Log]
    next_cursor: str | None = Field(description="Send it as `cursor` to get the next page; null on the last.")
    partial: bool = Field(
        description="True when a limit on time or bytes ended the search early. The page has no gaps down to "
        "`next_cursor`, where the next page continues."
    )
    partial_reason: Literal["time", "bytes"] | None
    scanned: Scanned
    hints: list[str] = Field(
        description="What in the search text probably means something else, such as `or` in lower case.",
        examples=[["'or' is searched as a word; write OR to find logs with either term"]],
    )
    took_ms: float


def scanned(budget: Budget) -> dict[str, int]:
    """Return what a search has read, for a response."""
    return {"segments": budget.segments, "logs": budget.logs, "bytes": budget.bytes}


def json_response(content: Any) -> Response:
    """Return a JSON response; `content` may contain ready-made JSON."""
    return Response(orjson.dumps(content), media_type="application/json", headers={"Cache-Control": "no-store"})


def read_cursor(text: str | None) -> SearchCursor | None:
    """Return the position after which a page starts. Raises Unprocessable."""
    if not text:
        return None
    try:
        return SearchCursor.parse(text)
    except InvalidCursor as error:
        raise Unprocessable(str(error), errors=[{"field": "cursor", "reason": str(error)}]) from error


@router.get("", summary="Search logs", operation_id="log_search", response_model=LogPage, responses=problems(404))
async def search_logs(
    logs: ReadableLogs,
    search: CurrentLogSearch,
    caller: SearchCaller,
    hints: SearchHints,
    limit: Limit = 100,
    cursor: Cursor = None,
    order: Order = "desc",
) -> Response:
    """Find logs by text, fields, attributes and time, newest first.

    Logs are found within a second of being accepted. Pages are stable: a log that arrives later never repeats
    or hides another one while you page.
    """
    request = SearchRequest(logs, limit, order == "desc", read_cursor(cursor))
    result, budget = await search.search(request, caller)
    return json_response(
        {
            "items": json_rows(logs.project_id, result.table),
            "next_cursor": result.next_cursor.text() if result.next_cursor else None,
            "partial": result.partial is not None,
            "partial_reason": result.partial,
            "scanned": scanned(budget),
            "hints": hints,
            "took_ms": budget.took_ms,
        }
    )
