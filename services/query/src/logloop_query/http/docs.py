"""Serves the Swagger UI for all services from local files, and the OpenAPI documents that it shows."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import httpx
from fastapi import APIRouter, Request, Response
from logloop_chassis.http.problems import BadGateway, NotFound
from logloop_chassis.outbound.tls import tls_context_for
from logloop_chassis.state import resources_of

from logloop_query.settings import QuerySettings

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
"""Files that the package fastapi-offline brings."""
_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"}


@router.get("/docs")
async def page() -> Response:
    """Return the page."""
    return Response(
        _content("index.html"),
        media_type="text/html",
        headers={**_HEADERS, "Content-Security-Policy": CONTENT_SECURITY_POLICY},
    )


@router.get("/docs/assets/{name}")
async def asset(name: str) -> Response:
    """Return a script or style sheet of the page."""
    if name not in _TYPES:
        raise NotFound("there is no such file; open /docs")
    headers = {**_HEADERS, "Cache-Control": "public, max-age=3600"}
    return Response(_content(name), media_type=_TYPES[name], headers=headers)


@router.get("/api/v1/openapi/{name}.json")
async def document(name: Service, request: Request) -> Any:
    """Return the OpenAPI document of a service. Behind the gateway, the gateway answers for the other services."""
    if name == "query":
        return request.app.openapi()
    settings: QuerySettings = resources_of(request).settings
    urls = {"ingest": settings.ingest_url, "analyzer": settings.analyzer_url, "ci-bridge": settings.ci_bridge_url}
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=5, verify=tls_context_for(urls[name])) as client:
            response = await client.get(f"{urls[name]}/openapi.json")
            response.raise_for_status()
            return response.json()
    except (httpx.HTTPError, ValueError) as error:
        raise BadGateway(f"{name} is unreachable ({type(error).__name__}); check that it is running") from error


@cache
def _content(name: str) -> bytes:
    if name in _PACKAGED:
        return files("fastapi_offline").joinpath("static", name).read_bytes()
    return files("logloop_query.http").joinpath("docs_page", name).read_bytes()
