"""Keeps web pages of other origins away from endpoints for programs."""

from logloop_chassis.auth.authenticator import same_origin
from logloop_chassis.auth.principal import Principal
from logloop_chassis.http.problems import Forbidden
from logloop_chassis.settings import is_loopback
from starlette.datastructures import Headers


def refuse_foreign_pages(headers: Headers, principal: Principal) -> None:
    """Refuse requests of other origins' pages, and host names that were rebound to this machine. Raises Forbidden.

    Browsers let every page open a WebSocket, and without sign-in a request needs no key.
    """
    if not same_origin(headers, absent=True):
        raise Forbidden("a web page of another origin may not do this; call it from a program")
    host = headers.get("x-forwarded-host", headers.get("host", ""))
    if principal.kind == "anonymous" and not is_loopback(_without_port(host)):
        raise Forbidden("without sign-in, this is available under a loopback address only")


def _without_port(host: str) -> str:
    return host.partition("]")[0].strip("[") if host.startswith("[") else host.partition(":")[0]
