"""The caller of a request, as a FastAPI dependency."""

from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPBearer

from logloop_chassis.auth.authenticator import SECURE_COOKIE
from logloop_chassis.auth.principal import SESSION_PATH, Principal
from logloop_chassis.http.problems import Forbidden, Problem
from logloop_chassis.state import resources_of

_bearer = HTTPBearer(auto_error=False, description="An API key, as 'Authorization: Bearer llk_…'.")
_api_key = APIKeyHeader(name="X-API-Key", auto_error=False, description="An API key.")
_cookie = APIKeyCookie(name=SECURE_COOKIE, auto_error=False, description="Session of a signed-in user.")


async def current_principal(
    request: Request,
    _bearer: Annotated[Any, Security(_bearer)] = None,
    _api_key: Annotated[Any, Security(_api_key)] = None,
    _cookie: Annotated[Any, Security(_cookie)] = None,
) -> Principal:
    """Return the caller. The security schemes are parameters for OpenAPI only."""
    principal = await resources_of(request).authenticator.authenticate(request.headers, method=request.method)
    first = principal.must_first()
    if first is not None and not request.url.path.startswith(SESSION_PATH):
        raise Forbidden(first)
    return principal


CurrentPrincipal = Annotated[Principal, Depends(current_principal)]


async def may_still_read(request: Request, project_id: str) -> bool:
    """Return whether the caller of an open stream is still signed in and may read the project.

    An outage of the database signs nobody out.
    """
    try:
        principal = await resources_of(request).authenticator.authenticate(request.headers)
    except Problem as problem:
        return problem.status == 503
    return principal.may("read", project_id)
