"""The Swagger UI page for all services, from files of our own, and the OpenAPI documents behind its drop-down.

It must not load anything from another host.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import httpx
from fastapi import APIRouter, Request, Response
from logloop_chassis.http.problems import BadGateway, NotFound
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

router = APIRouter(include_in_schema=False)
Service = Literal["query", "ingest", "analyzer", "ci-bridge"]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_TYPES: Mapping[str, str] = {
    "swagger-ui.css": "text/css",
    "docs.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "docs.js": "text/javascript",
}
_PACKAGED = frozenset({"swagger-ui.css", "swagger-ui-bundle.js"})
_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"}


class Siblings(BaseSettings):
    """Where the other services are when no gateway stands in front. Behind one, the gateway answers instead."""

    model_config = SettingsConfigDict(env_prefix="LOGLOOP_", extra="ignore")

    ingest_url: str = Field("http://127.0.0.1:8101")
    analyzer_url: str = Field("http://127.0.0.1:8103")
    ci_bridge_url: str = Field("http://127.0.0.1:8104")


@router.get("/docs")
async def page() -> Response:
    """The page."""
    return Response(
        _content("index.html"),
        media_type="text/html",
        headers={**_HEADERS, "Content-Security-Policy": CONTENT_SECURITY_POLICY},
    )


@router.get("/docs/assets/{name}")
async def asset(name: str) -> Response:
    """A script or style sheet of the page."""
    if name not in _TYPES:
        raise NotFound("the page has no such file")
    headers = {**_HEADERS, "Cache-Control": "public, max-age=3600"}
    return Response(_content(name), media_type=_TYPES[name], headers=headers)


@router.get("/api/v1/openapi/{name}.json")
async def document(name: Service, request: Request) -> Any:
    """The OpenAPI document of a service."""
    if name == "query":
        return request.app.openapi()
    siblings = Siblings()
    urls = {"ingest": siblings.ingest_url, "analyzer": siblings.analyzer_url, "ci-bridge": siblings.ci_bridge_url}
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            answer = await client.get(f"{urls[name]}/openapi.json")
            answer.raise_for_status()
            return answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise BadGateway(f"{name} does not answer ({type(error).__name__}); is it running?") from error


@cache
def _content(name: str) -> bytes:
    if name in _PACKAGED:
        return files("fastapi_offline").joinpath("static", name).read_bytes()
    return files("logloop_query.http").joinpath("docs_page", name).read_bytes()
