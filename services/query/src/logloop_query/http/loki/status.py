"""Readiness and the version, as clients of Loki ask for them."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from logloop_chassis.state import resources_of

from logloop_query.http.loki.requests import answer

router = APIRouter(include_in_schema=False)
EMULATED_VERSION = "3.0.0"
"""The version of Loki whose API this is, as far as it goes. Clients choose their requests by it."""


@router.get("/loki/api/v1/status/buildinfo")
async def build_info() -> Response:
    """Return the version."""
    names = ("revision", "branch", "buildDate", "buildUser", "goVersion")
    return answer({"version": EMULATED_VERSION, **dict.fromkeys(names, "logloop")})


@router.get("/ready")
@router.get("/loki/ready")
async def ready(request: Request) -> Response:
    """Say whether queries can be answered."""
    if (await resources_of(request).health.report()).status == "ok":
        return PlainTextResponse("ready\n")
    return PlainTextResponse("the service is not ready; see /readyz\n", 503)
