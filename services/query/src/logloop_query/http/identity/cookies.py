"""Cookies of sessions, and who asks for one."""

from typing import Annotated

from fastapi import Header, Request, Response
from logloop_chassis.auth.authenticator import PLAIN_COOKIE, SECURE_COOKIE, same_origin
from logloop_chassis.auth.principal import Principal
from logloop_chassis.http.problems import Forbidden

from logloop_query.identity.sessions import MAX_LIFETIME, NewSession
from logloop_query.records.audit import Actor

_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
_SECURE_BINDING, _PLAIN_BINDING = "__Host-logloop-sign-on", "logloop_sign_on"
UserAgent = Annotated[str | None, Header(include_in_schema=False)]


def visitor(request: Request) -> Actor:
    """Return who is not signed in yet, with the address."""
    ip = request.client.host if request.client else None
    return Actor(Principal("anonymous", "anonymous", "not signed in"), ip)


def require_own_page(request: Request, response: Response) -> None:
    """Raise Forbidden for a request that another site made a browser send. The response may not be cached."""
    if not same_origin(request.headers, absent=True):
        raise Forbidden("sign in from Logloop's own page")
    response.headers["Cache-Control"] = "no-store"


def is_secure(request: Request) -> bool:
    """Return whether a browser sends Secure cookies to this address."""
    return request.url.scheme == "https" or (request.url.hostname or "") in _LOCAL_HOSTS


def set_cookie(request: Request, response: Response, session: NewSession) -> None:
    """Set the cookie of a session."""
    secure = is_secure(request)
    response.set_cookie(
        SECURE_COOKIE if secure else PLAIN_COOKIE,
        session.token,
        max_age=int(MAX_LIFETIME.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def delete_cookies(response: Response) -> None:
    """Delete the cookie of a session, whatever its name."""
    response.delete_cookie(SECURE_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    response.delete_cookie(PLAIN_COOKIE, path="/", httponly=True, samesite="lax")


def set_binding(request: Request, response: Response, binding: str, seconds: int) -> None:
    """Set the cookie that binds a sign-in with the provider to this browser."""
    secure = is_secure(request)
    response.set_cookie(
        _SECURE_BINDING if secure else _PLAIN_BINDING,
        binding,
        max_age=seconds,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",  # the provider leads the browser back from another site
    )


def binding_of(request: Request) -> str:
    """Return what `set_binding` set in this browser, an empty text without it."""
    return request.cookies.get(_SECURE_BINDING) or request.cookies.get(_PLAIN_BINDING) or ""


def delete_binding(response: Response) -> None:
    """Delete the cookie of `set_binding`."""
    response.delete_cookie(_SECURE_BINDING, path="/", secure=True, httponly=True, samesite="lax")
    response.delete_cookie(_PLAIN_BINDING, path="/", httponly=True, samesite="lax")
