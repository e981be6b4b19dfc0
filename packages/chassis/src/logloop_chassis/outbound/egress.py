"""Decides which addresses user-supplied URLs may reach: public ones, and those that an operator allows."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import SplitResult, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# IPv6 addresses that embed an IPv4 address, which could be private.
_TRANSLATED = tuple(
    ipaddress.IPv6Network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)


class EgressRefused(ValueError):
    """The URL is not allowed; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Destination:
    """An allowed URL and the addresses that its host had when it was checked."""

    url: str
    host: str
    port: int
    addresses: tuple[str, ...]


class EgressGuard:
    """Decides by address. `allow`: comma-separated private host names, addresses or networks."""

    def __init__(self, allow: str = "", *, loopback: bool = False) -> None:
        self._hosts: set[str] = set()
        self._networks: list[Network] = []
        for item in (part.strip().lower() for part in allow.split(",")):
            try:
                if item:
                    self._networks.append(ipaddress.ip_network(item, strict=False))
            except ValueError:
                self._hosts.add(item)
        self._loopback = loopback

    def check(self, url: str) -> SplitResult:
        """Check what can be checked without resolving the host name. Raises EgressRefused."""
        parts = _plain(url)
        if parts.query or parts.fragment:
            raise EgressRefused("a base URL may not contain a query or fragment")
        assert parts.hostname is not None
        literal = _literal(parts.hostname)
        if literal is not None:
            self._check_address(parts.hostname, literal, parts.scheme)
        return parts

    async def resolve(self, url: str) -> Destination:
        """Check a URL and every address of its host. Raises EgressRefused."""
        parts = self.check(url)
        _, host, port = _origin(parts)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise EgressRefused(f"the host name {host!r} cannot be resolved; check the URL") from error
        addresses = tuple(dict.fromkeys(str(item[4][0]) for item in found))
        for address in addresses:
            self._check_address(host, ipaddress.ip_address(address.split("%")[0]), parts.scheme)
        return Destination(url, host, port, addresses)

    def _check_address(self, host: str, address: Address, scheme: str) -> None:
        inner = getattr(address, "ipv4_mapped", None) or address
        if self._allowed(host, inner):
            return
        if not _public(inner):
            raise EgressRefused(
                f"{host} is not a public address ({inner}); an operator can allow it with LOGLOOP_EGRESS_ALLOW={host}"
            )
        if scheme != "https":
            raise EgressRefused("keys are sent to public addresses over https only; use https://")

    def _allowed(self, host: str, address: Address) -> bool:
        if self._loopback and address.is_loopback:
            return True
        return host.lower() in self._hosts or _in_any(address, self._networks)


def check_redirect(url: str, *, base_url: str, allowed_hosts: Sequence[str]) -> None:
    """Raise EgressRefused unless `base_url` may redirect to `url`: its own origin, or https to an allowed host.

    `allowed_hosts` are patterns such as *.example.org. The address is checked when the connection is made.
    """
    scheme, host, port = target = _origin(_plain(url))
    if target == _origin(_plain(base_url)):
        return
    if scheme != "https" or port != 443 or not any(fnmatchcase(host, pattern) for pattern in allowed_hosts):
        raise EgressRefused(f"redirect to {host}, which is not an allowed host")


def refusal_behind(error: BaseException | None) -> EgressRefused | None:
    """Return the EgressRefused that made a client library fail, however deeply the library wrapped it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, EgressRefused):
            return error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None


def _plain(url: str) -> SplitResult:
    """Return the parts of an http(s) URL with a host and without credentials. Raises EgressRefused."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise EgressRefused("invalid URL; write https://host[:port]/path") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0 or "\\" in url:
        raise EgressRefused("invalid URL; write a URL such as https://api.example.org/v1")
    if "@" in parts.netloc:
        raise EgressRefused("a URL may not contain a user name or password; use the field for the key")
    return parts


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    """Return scheme, lower-case host and port."""
    return parts.scheme, (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not _in_any(address, _TRANSLATED)


def _in_any(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
