"""POST /api/v1/ci/webhooks/github: what GitHub tells of runs.

It must not look into the body; `webhooks` checks the signature first.
"""

from typing import Annotated

from fastapi import APIRouter, Header, Request
from logloop_chassis.http.problems import TooLarge, problem_responses
from pydantic import BaseModel, Field

from logloop_ci_bridge.github.webhooks import MAX_BODY_BYTES, Delivery
from logloop_ci_bridge.http.callers import CurrentBridge

router = APIRouter(prefix="/api/v1/ci/webhooks", tags=["webhooks"])


class Received(BaseModel):
    """What was done with a delivery."""

    outcome: str = Field(description="accepted, ignored or repeated.", examples=["accepted"])


@router.post(
    "/github",
    status_code=202,
    summary="Receive a webhook of GitHub",
    responses=problem_responses(400, 401, 413, 422, 503),
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
    },
)
async def github(
    request: Request,
    bridge: CurrentBridge,
    x_github_event: Annotated[str, Header(max_length=100)] = "",
    x_github_delivery: Annotated[str, Header(max_length=100)] = "",
    x_hub_signature_256: Annotated[str | None, Header(max_length=200)] = None,
) -> Received:
    """Takes `workflow_run` events, signed (HMAC-SHA256) with the webhook secret of the project's GitHub settings.

    A delivery id that was seen before changes nothing. Other events are answered and ignored.
    """
    delivery = Delivery(x_github_delivery, x_github_event, x_hub_signature_256, await _body(request))
    return Received(outcome=await bridge.webhooks.receive(delivery))


async def _body(request: Request) -> bytes:
    """The raw body. Raises TooLarge as soon as it is, since anybody may call."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge(f"webhooks of up to {MAX_BODY_BYTES} bytes are read; subscribe to workflow_run only")
    return bytes(body)
