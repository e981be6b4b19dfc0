"""Endpoints of analyses: request, list, read, follow live, ask a follow-up question, cancel and delete."""

from collections.abc import AsyncGenerator
from contextlib import AbstractContextManager, aclosing
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from logloop_chassis.auth.dependencies import may_still_read
from logloop_chassis.auth.principal import require
from logloop_chassis.database.client import Document
from logloop_chassis.http.event_streams import (
    event_frame,
    event_stream,
    event_stream_documentation,
    streaming_response,
)
from logloop_chassis.http.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from logloop_chassis.http.parameters import ProjectParam, body_problems, problems
from logloop_chassis.http.problems import Unprocessable
from logloop_chassis.ids import RecordId, utc_now
from logloop_chassis.state import resources_of
from logloop_contracts.analyses import Report
from pydantic import Field, StringConstraints

from logloop_query.analyses.event_feed import AnalysisEventFeed, Position, end_of
from logloop_query.http.dependencies import CurrentActor, CurrentAnalyses, CurrentRecordServices
from logloop_query.http.fields import Input, Moment, Output, ProjectId
from logloop_query.http.logs.parameters import caller_key
from logloop_query.time_bounds import parse_moment

router = APIRouter(prefix="/api/v1/logs/analyses", tags=["analyses"])
Status = Literal["queued", "running", "completed", "failed", "cancelled"]
TimeBound = Annotated[str, StringConstraints(min_length=1, max_length=60)]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class NewAnalysis(Input):
    """The logs to explain, and optionally a question about them."""

    project_id: ProjectId
    q: str = Field("", max_length=4000, description="Search text; empty: every log.", examples=["service:checkout"])
    since: TimeBound = Field("1h", description="RFC 3339 or an age such as 15m.", examples=["1h"])
    until: TimeBound = Field("now", description="RFC 3339, an age or now; exclusive.")
    question: str | None = Field(None, min_length=1, max_length=4000, examples=["Why do payments fail?"])


class NewMessage(Input):
    """A follow-up question about a finished analysis."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True)] = Field(
        examples=["Did it start with the deployment?"]
    )


class Scope(Output):
    """The logs that are explained: a search in [since, until)."""

    q: str
    since: Moment
    until: Moment


class Message(Output):
    """One message of the thread."""

    role: Literal["user", "assistant"]
    text: str
    turn: int
    at: Moment


class Failure(Output):
    """Why there is no report."""

    reason: str = Field(examples=["provider"])
    detail: str
    provider_message: str | None = Field(None, description="The provider's own error message.")


class Creator(Output):
    """The caller that requested the analysis."""

    kind: str
    id: str
    name: str


class AnalysisSummary(Output):
    """An analysis in a list."""

    id: str
    project_id: str
    status: Status
    stage: str | None = Field(description="The analyzer's current stage while the analysis runs.")
    scope: Scope
    question: str | None
    turn: int = Field(description="0 for the report, plus one for each follow-up question.")
    verdict: str | None = Field(None, examples=["likely"])
    summary: str | None = None
    failure: Failure | None
    created_by: Creator
    created_at: Moment
    updated_at: Moment


class Analysis(AnalysisSummary):
    """An analysis with its report and thread."""

    report: Report | None = Field(description="Every claim cites the ids of logs.")
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
    now = utc_now()
    try:
        since, until = parse_moment(body.since, now), parse_moment(body.until, now)
    except ValueError as error:
        raise Unprocessable(str(error)) from error
    return {"q": body.q, "since": since, "until": until}


@router.post(
    "", status_code=202, summary="Explain logs", operation_id="analysis_create", responses=body_problems(404, 409)
)
async def create(
    body: NewAnalysis,
    actor: CurrentActor,
    analyses: CurrentAnalyses,
    idempotency_key: Annotated[
        str | None, Header(max_length=200, description="A repeated request with the same key returns the first.")
    ] = None,
) -> Analysis:
    """Request an analysis. Follow it with `/events`, or read it until its status is final.

    The request is saved first, so it reaches the analyzer even if the broker is unavailable right now.
    """
    require(actor.principal, "write", body.project_id)
    return _analysis(await analyses.request(actor, body.project_id, _scope(body), body.question, idempotency_key))


@router.get("", summary="List analyses", operation_id="analysis_list", responses=problems(404))
async def list_(
    project_id: ProjectParam,
    actor: CurrentActor,
    analyses: CurrentAnalyses,
    status: Annotated[Status | None, Query(description="Only analyses with this status.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> AnalysisPage:
    """List the analyses of a project, newest first, without reports and threads."""
    require(actor.principal, "read", project_id)
    found = await analyses.page(project_id, _decoded_cursor(cursor), limit, status)
    next_cursor = _encoded_cursor(found[-1]) if len(found) == limit else None
    return AnalysisPage(items=[_summary(document) for document in found], next_cursor=next_cursor)


def _encoded_cursor(document: Document) -> str:
    return encode_cursor((document["created_at"] - _EPOCH) // _MILLISECOND, document["id"])


def _decoded_cursor(cursor: str | None) -> tuple[datetime, str] | None:
    position = decode_cursor(cursor, int, str)
    if position is None:
        return None
    try:
        return _EPOCH + position[0] * _MILLISECOND, position[1]
    except OverflowError as error:
        raise Unprocessable("invalid cursor; start again without it") from error


@router.get("/{analysis_id}", summary="Read an analysis", operation_id="analysis_read", responses=problems(404))
async def read(analysis_id: RecordId, actor: CurrentActor, analyses: CurrentAnalyses) -> Analysis:
    """Read one analysis with its report and thread."""
    return _analysis(await analyses.get(actor.principal, "read", analysis_id))


@router.delete(
    "/{analysis_id}",
    summary="Cancel or delete an analysis",
    operation_id="analysis_delete",
    responses={
        **problems(404),
        200: {"model": Analysis, "description": "It was unfinished and is now cancelled."},
        204: {"description": "It had finished and is now deleted."},
    },
)
async def delete(analysis_id: RecordId, actor: CurrentActor, analyses: CurrentAnalyses) -> Response:
    """Cancel a queued or running analysis, which stays as `cancelled`. Delete a finished one."""
    document = await analyses.get(actor.principal, "write", analysis_id)
    cancelled = await analyses.cancel_or_delete(actor, document)
    if cancelled is None:
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store"}
    return Response(_analysis(cancelled).model_dump_json(), media_type="application/json", headers=headers)


@router.post(
    "/{analysis_id}/messages",
    status_code=202,
    summary="Ask a follow-up question",
    operation_id="analysis_message_create",
    responses=body_problems(404, 409),
)
async def ask_follow_up(
    analysis_id: RecordId, body: NewMessage, actor: CurrentActor, analyses: CurrentAnalyses
) -> Analysis:
    """Ask a question about a finished analysis. The reply is added as a message with the role `assistant`."""
    document = await analyses.get(actor.principal, "write", analysis_id)
    return _analysis(await analyses.ask_follow_up(actor, document, body.text))


@router.get(
    "/{analysis_id}/events",
    summary="Follow an analysis",
    operation_id="analysis_events",
    response_class=StreamingResponse,
    responses={
        **problems(404, 429),
        200: event_stream_documentation(
            "Server-sent events `progress`, `completed`, `failed`, `cancelled`, then `bye`.",
            'event: progress\ndata: {"stage":"evidence","text":"7 findings"}\nid: 0.3\n\n',
        ),
        204: {"description": "The analysis has finished, and every event was sent before `Last-Event-ID`."},
    },
)
async def events(
    analysis_id: RecordId,
    request: Request,
    actor: CurrentActor,
    services: CurrentRecordServices,
    last_event_id: Annotated[str | None, Header(max_length=40, description="Continue after this event.")] = None,
) -> Response:
    """Stream all past events, then new ones until the running turn ends. Reconnecting resumes the stream.

    `bye` carries the reason for the end: `finished`, `stopping` (reconnect) or `signed_out`.
    """
    document = await services.analyses.get(actor.principal, "read", analysis_id)
    after, end = _parse_event_id(last_event_id), end_of(document)
    if end is not None and after >= end:
        return Response(status_code=204)
    stopping = resources_of(request).stopping
    project_id = document["project_id"]
    slot = services.analysis_streams.slot(caller_key(actor.principal, project_id), project_id)
    frames = _frames(services.analysis_events, slot, request, analysis_id, after)
    return await streaming_response(
        event_stream(
            frames,
            still_allowed=lambda: may_still_read(request, project_id),
            closing_reason=lambda: "stopping" if stopping.is_set() else "finished",
        )
    )


async def _frames(
    feed: AnalysisEventFeed, slot: AbstractContextManager[None], request: Request, analysis_id: str, after: Position
) -> AsyncGenerator[bytes | None, None]:
    stopping = resources_of(request).stopping
    with slot:
        yield None
        async with aclosing(feed.follow(analysis_id, after, stopping)) as stream:
            async for event in stream:
                if event is None:
                    yield None
                else:
                    yield event_frame(event.kind, event.data, event_id=f"{event.turn}.{event.seq}")


def _parse_event_id(last_event_id: str | None) -> Position:
    turn, dot, seq = (last_event_id or "").partition(".")
    if dot and turn.isdecimal() and seq.isdecimal():
        return min(int(turn), 999_999), min(int(seq), 10**10 - 1)
    return 0, 0
