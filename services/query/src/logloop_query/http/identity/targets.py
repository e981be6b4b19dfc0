"""Addresses to which browsers are sent within the web app."""

from urllib.parse import urlencode

_MAX = 2000


def local_target(path: str | None) -> str:
    """Return a path of this origin as it is, and `/` for anything else, such as `//example.org`."""
    if path is None or len(path) > _MAX or not path.startswith("/") or path.startswith("//"):
        return "/"
    if not path.isascii() or not path.isprintable() or "\\" in path or " " in path:
        return "/"
    return path


def sign_in_page(reason: str, target: str) -> str:
    """Return the address of the sign-in page with the reason of a failure."""
    fields = {"problem": reason} | ({"next": target} if target != "/" else {})
    return f"/sign-in?{urlencode(fields)}"
