"""Which addresses this service may connect to when a URL came from outside.

It must not connect. `is_global` of the standard library calls NAT64, 6to4 and multicast addresses public, so
those are refused by name.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in (
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "::ffff:0:0/96",
        "::/96",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "224.0.0.0/4",
        "ff00::/8",
        "100.64.0.0/10",
    )
)


class Blocked(ValueError):
    """The URL or address is none this service may use."""


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return ip.is_global and not any(ip.version == net.version and ip in net for net in _NOT_PUBLIC)


def check_addresses(host: str, addresses: Iterable[str]) -> str:
    """The address to connect to. Raises Blocked unless all of them are public."""
    found = list(addresses)
    if not found or not all(is_public(address) for address in found):
        raise Blocked(f"{host} does not lead to public addresses only")
    return found[0]


def origin_of_url(url: str) -> tuple[str, str, int]:
    """Scheme, host in lower case and port. Raises Blocked for URLs with credentials or without a host."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Blocked("this is no URL") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or "\\" in url:
        raise Blocked("only plain http(s) URLs without credentials are used")
    return parts.scheme, parts.hostname.lower(), port or (443 if parts.scheme == "https" else 80)


def check_redirect(url: str, *, api_url: str, allowed_hosts: Sequence[str]) -> None:
    """Raise Blocked unless a download may be followed there: the API's own origin, or https to an allowed host."""
    target = origin_of_url(url)
    if target == origin_of_url(api_url):
        return
    scheme, host, port = target
    if scheme != "https" or port != 443 or not any(fnmatchcase(host, pattern) for pattern in allowed_hosts):
        raise Blocked(f"logs are not fetched from {host}; add it to LOGLOOP_GITHUB_LOG_HOSTS if you trust it")
