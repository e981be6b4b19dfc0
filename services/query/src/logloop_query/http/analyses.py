"""Routes of analyses: ask, list, follow live, ask on, cancel.

It must not wait for the analyzer: a request is answered as soon as it is saved.
"""

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from logloop_chassis.auth.principal import require
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import TooManyRequests, Unprocessable
from logloop_contracts.analyses import Report
from pydantic import Field, StringConstraints

from logloop_query.analyses.progress import Told, end_of
from logloop_query.http.callers import (
    CurrentActor,
    CurrentRecords,
    Cursor,
    Limit,
    ProjectParam,
    body_problems,
    may_still_read,
    problems,
)
from logloop_query.logs.search.time_bounds import parse_moment
from logloop_query.ports import LogsApi
from logloop_query.records.types import Input, Moment, Output, Page, ProjectId, after_cursor, cursor_after

router = APIRouter(prefix="/api/v1/logs/analyses", tags=["analyses"])
AnalysisPath = Annotated[str, Path(pattern=r"^[0-9a-v]{1,64}$", examples=["00q41d7nh6in9rudsm101qkcii"])]
Status = Literal["queued", "running", "completed", "failed", "cancelled"]
Bound = Annotated[str, StringConstraints(min_length=1, max_length=60)]
HEARTBEAT_S = 15.0
RECHECK_S = 60.0
MAX_STREAMS = 500


class NewAnalysis(Input):
    """Logs to explain, and optionally what one wants to know about them."""

    project_id: ProjectId
    q: str = Field("", max_length=4000, description="Search text; empty: every log.", examples=["service:checkout"])
    since: Bound = Field("1h", description="RFC 3339 or an age such as 15m.", examples=["1h"])
    until: Bound = Field("now", description="RFC 3339, an age or now; not included.")
    question: str | None = Field(None, min_length=1, max_length=4000, examples=["Why do payments fail?"])


class NewMessage(Input):
    """A question about a finished analysis."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True)] = Field(
        examples=["Did it begin with the deploy?"]
    )


class Scope(Output):
    """The logs that are explained: a search within [since, until)."""

    q: str
    since: Moment
    until: Moment


class Message(Output):
    """One turn of the thread."""

    role: Literal["user", "assistant"]
    text: str
    turn: int
    at: Moment


class Failure(Output):
    """Why there is no report."""

    reason: str = Field(examples=["provider"])
    detail: str
    provider_message: str | None = Field(None, description="The provider's own words.")


class Creator(Output):
    """Who asked."""

    kind: str
    id: str
    name: str


class AnalysisSummary(Output):
    """An analysis in a list."""

    id: str
    project_id: str
    status: Status
    stage: str | None = Field(description="What the analyzer is at, while it runs.")
    scope: Scope
    question: str | None
    turn: int = Field(description="0 for the report, then one per follow-up message.")
    verdict: str | None = Field(None, examples=["likely"])
    summary: str | None = None
    failure: Failure | None
    created_by: Creator
    created_at: Moment
    updated_at: Moment


class Analysis(AnalysisSummary):
    """An analysis with its report and thread."""

    report: Report | None = Field(description="Every claim cites ids of logs.")
    messages: list[Message]


class AnalysisPage(Page[AnalysisSummary]):
    """One page of analyses, newest first."""


def _summary(document: Document) -> AnalysisSummary:
    report = document.get("report") or {}
    return AnalysisSummary(verdict=report.get("verdict"), summary=report.get("summary"), **document)


def _analysis(document: Document) -> Analysis:
    report = document.get("report") or {}
    return Analysis(verdict=report.get("verdict"), summary=report.get("summary"), **document)


def _scope(body: NewAnalysis) -> dict[str, Any]:
    moment = datetime.now(UTC)
    try:
        since, until = parse_moment(body.since, moment), parse_moment(body.until, moment)
    except ValueError as error:
        raise Unprocessable(str(error)) from error
    return {"q": body.q, "since": since, "until": until}


@router.post(
    "", status_code=202, summary="Explain logs", operation_id="analysis_create", responses=body_problems(404, 409)
)
async def create(body: NewAnalysis, request: Request, actor: CurrentActor, records: CurrentRecords) -> Analysis:
    """Ask why. The answer holds the id; follow it with `/events`, or read it until its status is final.

    The request is saved first and reaches the analyzer even if the broker is away for the moment.
    """
    require(actor.principal, "write", body.project_id)
    logs: LogsApi = request.app.state.logs
    logs.check_query(body.q)
    return _analysis(await records.analyses.request(actor, body.project_id, _scope(body), body.question))


@router.get("", summary="List analyses", operation_id="analysis_list", responses=problems(404))
async def list_(
    project_id: ProjectParam,
    actor: CurrentActor,
    records: CurrentRecords,
    status: Annotated[Status | None, Query(description="Only in this state.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> AnalysisPage:
    """Analyses of a project, newest first, without reports and threads."""
    require(actor.principal, "read", project_id)
    found = await records.analyses.page(project_id, after_cursor(cursor), limit, status)
    return AnalysisPage(items=[_summary(document) for document in found], next_cursor=cursor_after(found, limit))


@router.get("/{analysis_id}", summary="Read an analysis", operation_id="analysis_read", responses=problems(404))
async def read(analysis_id: AnalysisPath, actor: CurrentActor, records: CurrentRecords) -> Analysis:
    """One analysis with its report and thread."""
    return _analysis(await records.analyses.allowed(actor.principal, "read", analysis_id))


@router.delete(
    "/{analysis_id}",
    summary="Cancel or delete an analysis",
    operation_id="analysis_delete",
    responses={
        **problems(404),
        200: {"model": Analysis, "description": "It was at work and is cancelled now."},
        204: {"description": "It had ended and is deleted now."},
    },
)
async def delete(analysis_id: AnalysisPath, actor: CurrentActor, records: CurrentRecords) -> Response:
    """Cancel an analysis that is queued or running; it stays as `cancelled`. Delete one that has ended."""
    document = await records.analyses.allowed(actor.principal, "write", analysis_id)
    cancelled = await records.analyses.cancel(actor, document)
    if cancelled is None:
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store"}
    return Response(_analysis(cancelled).model_dump_json(), media_type="application/json", headers=headers)


@router.post(
    "/{analysis_id}/messages",
    status_code=202,
    summary="Ask on",
    operation_id="analysis_message_create",
    responses=body_problems(404, 409),
)
async def ask_on(
    analysis_id: AnalysisPath, body: NewMessage, actor: CurrentActor, records: CurrentRecords
) -> Analysis:
    """Ask a question about a finished analysis; the reply comes as a message of role `assistant`."""
    document = await records.analyses.allowed(actor.principal, "write", analysis_id)
    return _analysis(await records.analyses.follow_up(actor, document, body.text))


@router.get(
    "/{analysis_id}/events",
    summary="Follow an analysis",
    operation_id="analysis_events",
    response_class=StreamingResponse,
    responses={
        **problems(404, 429),
        200: {
            "description": "Server-sent events `progress`, `completed`, `failed`, `cancelled`, then `bye`.",
            "content": {
                "text/event-stream": {
                    "schema": {"type": "string"},
                    "example": 'event: progress\ndata: {"stage":"evidence","text":"7 findings"}\nid: 0.3\n\n',
                }
            },
        },
        204: {"description": "It has ended and everything was told before `Last-Event-ID`."},
    },
)
async def events(
    analysis_id: AnalysisPath,
    request: Request,
    actor: CurrentActor,
    records: CurrentRecords,
    last_event_id: Annotated[str | None, Header(max_length=40, description="Go on after this event.")] = None,
) -> Response:
    """Everything that happened so far, then what happens until the turn at work ends. Reconnecting resumes.

    `bye` says why the stream ends: `finished`, `stopping` (reconnect) or `signed_out`.
    """
    document = await records.analyses.allowed(actor.principal, "read", analysis_id)
    after, end = _position(last_event_id), end_of(document)
    if end is not None and after >= end:
        return Response(status_code=204)
    if records.streams.open >= MAX_STREAMS:
        raise TooManyRequests("too many streams are open; close one or come back", retry_after=10)
    return StreamingResponse(
        _stream(request, records, document, after),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(
    request: Request, records: CurrentRecords, document: Document, after: tuple[int, int]
) -> AsyncIterator[bytes]:
    stopping = request.app.state.resources.stopping
    beat = checked = time.monotonic()
    reason = "finished"
    with records.streams.one():
        yield b": hello\n\n"
        async with aclosing(records.progress.follow(document, after, stopping)) as happening:
            async for told in happening:
                moment = time.monotonic()
                if told is not None:
                    beat = moment
                    yield _frame(told)
                elif moment - beat > HEARTBEAT_S:
                    beat = moment
                    yield b": still here\n\n"
                if moment - checked > RECHECK_S:
                    checked = moment
                    if not await may_still_read(request, document["project_id"]):
                        reason = "signed_out"
                        break
        if stopping.is_set():
            reason = "stopping"
        yield format_sse_event(event="bye", data_str=orjson.dumps({"reason": reason}).decode())


def _frame(told: Told) -> bytes:
    return format_sse_event(
        event=told.kind, id=f"{told.turn}.{told.seq}", data_str=orjson.dumps(told.data, default=str).decode()
    )


def _position(last_event_id: str | None) -> tuple[int, int]:
    turn, dot, seq = (last_event_id or "").partition(".")
    if dot and turn.isdecimal() and seq.isdecimal():
        return min(int(turn), 999_999), min(int(seq), 10**10 - 1)
    return 0, 0
