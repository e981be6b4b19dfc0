"""GitHub's webhook under /api/v1/ci/webhooks/github."""

from typing import Annotated

from fastapi import APIRouter, Header, Request
from logloop_chassis.http.problems import TooLarge, problem_responses
from pydantic import BaseModel, Field

from logloop_ci_bridge.http.callers import CurrentServices
from logloop_ci_bridge.runs.webhook_receiver import MAX_BODY_BYTES, WebhookDelivery

router = APIRouter(prefix="/api/v1/ci/webhooks", tags=["webhooks"])


class Received(BaseModel):
    """The outcome of a delivery."""

    outcome: str = Field(description="accepted, ignored or repeated.", examples=["accepted"])


@router.post(
    "/github",
    status_code=202,
    summary="Receive a GitHub webhook",
    operation_id="webhook_github_receive",
    responses=problem_responses(400, 401, 413, 422, 503),
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
    },
)
async def github(
    request: Request,
    services: CurrentServices,
    x_github_event: Annotated[str, Header(max_length=100)] = "",
    x_github_delivery: Annotated[str, Header(max_length=100)] = "",
    x_hub_signature_256: Annotated[str | None, Header(max_length=200)] = None,
) -> Received:
    """Apply an event that is signed (HMAC-SHA256) with the webhook secret of the project's GitHub settings.

    `workflow_run` updates a run. `push` to the default branch makes Logloop read the workflow files again. Other
    events are accepted and ignored. A repeated delivery id changes nothing.
    """
    delivery = WebhookDelivery(x_github_delivery, x_github_event, x_hub_signature_256, await _body(request))
    return Received(outcome=await services.webhooks.receive(delivery))


async def _body(request: Request) -> bytes:
    """Return the raw body. Raises TooLarge without reading the rest: callers are not authenticated yet."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge(
                f"a webhook may have at most {MAX_BODY_BYTES} bytes; subscribe to workflow_run and push events only"
            )
    return bytes(body)
