"""Where GitHub may redirect the download of a log to.

It must not connect; the addresses of an allowed host are checked when it is connected to.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from urllib.parse import urlsplit


class Blocked(ValueError):
    """The URL is none this service fetches."""


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host in lower case and port. Raises Blocked for URLs with credentials or without a host."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Blocked("this is no URL") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or "\\" in url:
        raise Blocked("only plain http(s) URLs without credentials are fetched")
    return parts.scheme, parts.hostname.lower(), port or (443 if parts.scheme == "https" else 80)


def check_redirect(url: str, *, api_url: str, allowed_hosts: Sequence[str]) -> None:
    """Raise Blocked unless a download may be followed there: the API's own origin, or https to an allowed host."""
    target = origin_of(url)
    if target == origin_of(api_url):
        return
    scheme, host, port = target
    if scheme != "https" or port != 443 or not any(fnmatchcase(host, pattern) for pattern in allowed_hosts):
        raise Blocked(f"logs are not fetched from {host}; add it to LOGLOOP_GITHUB_LOG_HOSTS if you trust it")
