"""Endpoints over the dead-letter queues of a service: list, retry and delete, for administrators."""

from functools import cache
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from logloop_chassis.auth.dependencies import CurrentPrincipal
from logloop_chassis.auth.principal import require
from logloop_chassis.http.problems import problem_responses
from logloop_chassis.messaging.dead_letters import MAX_MESSAGES, DeadLetters
from logloop_chassis.state import resources_of


@cache
def dead_letter_router(prefix: str) -> APIRouter:
    """Return the endpoints under `prefix`, such as /api/v1/ingest/dead-letters."""
    router = APIRouter(prefix=prefix, tags=["dead letters"])
    errors = problem_responses(401, 403, 422, 503)

    @router.get("", summary="List dead letters", operation_id="dead_letter_list", responses=errors)
    async def list_dead_letters(
        request: Request,
        response: Response,
        principal: CurrentPrincipal,
        limit: Annotated[int, Query(ge=1, le=MAX_MESSAGES)] = 100,
    ) -> DeadLetters:
        """Messages that could not be handled, oldest first, with the reason. They stay until retried or deleted."""
        require(principal, "admin", None)
        response.headers["Cache-Control"] = "no-store"
        return await resources_of(request).dead_letters.list(limit)

    @router.post(
        "/{queue}/{letter_id}/retry",
        status_code=204,
        summary="Retry a dead letter",
        operation_id="dead_letter_retry",
        responses=problem_responses(401, 403, 404, 422, 503),
    )
    async def retry_dead_letter(request: Request, queue: str, letter_id: str, principal: CurrentPrincipal) -> None:
        """Put the message back on its work queue."""
        require(principal, "admin", None)
        await resources_of(request).dead_letters.retry(queue, letter_id)

    @router.delete(
        "/{queue}/{letter_id}",
        status_code=204,
        summary="Delete a dead letter",
        operation_id="dead_letter_delete",
        responses=problem_responses(401, 403, 404, 422, 503),
    )
    async def delete_dead_letter(request: Request, queue: str, letter_id: str, principal: CurrentPrincipal) -> None:
        """Drop the message for good."""
        require(principal, "admin", None)
        await resources_of(request).dead_letters.delete(queue, letter_id)

    return router
