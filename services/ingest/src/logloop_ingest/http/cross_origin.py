"""Lets web pages of other origins send logs (CORS), on the paths of intake only."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.middleware.cors import CORSMiddleware
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from logloop_ingest.http.routes import PATH
from logloop_ingest.protocols.table import PROTOCOLS

ANY_ORIGIN = "*"
_MAX_ORIGINS = 100
_MAX_AGE_S = 7200
"""How long a browser remembers the answer to a preflight request; Chromium takes no longer time."""
_READABLE = ("Retry-After", "X-Sentry-Rate-Limits", "X-Sentry-Error")
"""Headers of an answer that scripts may read beside the usual ones."""
_EXAMPLE = "https://shop.example.org"


class InvalidOrigin(ValueError):
    """An origin cannot be read; the text says what to do."""


class IntakeCors:
    """ASGI middleware that answers preflight requests for paths that take logs, before authentication.

    Cookies are never allowed, so a page can send only with an API key. Other paths and other origins are unaffected.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        paths = (PATH, *(path for protocol in PROTOCOLS for path in protocol.paths))
        self._paths = [compile_path(path)[0] for path in paths]
        self._allowing = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=("POST",),
            allow_headers=("*",),
            expose_headers=_READABLE,
            max_age=_MAX_AGE_S,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight request, or forward a request."""
        await (self._allowing if self._takes_logs(scope) else self._app)(scope, receive, send)

    def _takes_logs(self, scope: Scope) -> bool:
        if scope["type"] != "http" or not any(name == b"origin" for name, _ in scope["headers"]):
            return False
        return any(path.match(scope["path"]) for path in self._paths)


def parse_origins(text: str) -> list[str]:
    """Return the origins of a list that is separated by commas or blanks. Raises InvalidOrigin."""
    origins = text.replace(",", " ").split()
    if len(origins) > _MAX_ORIGINS:
        raise InvalidOrigin(f"there may be {_MAX_ORIGINS} origins; write {ANY_ORIGIN} for pages of all origins")
    for origin in origins:
        if origin != ANY_ORIGIN and not _is_origin(origin):
            raise InvalidOrigin(
                f"{origin!r} is not an origin; write scheme, host and port in lower case and no path, as in "
                f"{_EXAMPLE}, or {ANY_ORIGIN} for pages of all origins"
            )
    return origins


def _is_origin(text: str) -> bool:
    """Return whether a text is an origin as browsers send it."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    is_usual = port is not None and port == {"http": 80, "https": 443}.get(parts.scheme)
    host = parts.hostname or ""
    written = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{'' if port is None else f':{port}'}"
    is_plain = text.isascii() and text == written
    return parts.scheme in {"http", "https"} and host != "" and "*" not in host and is_plain and not is_usual
