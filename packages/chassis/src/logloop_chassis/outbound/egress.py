"""Decides which addresses user-supplied URLs may reach: public ones, and those that an operator allows."""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import SplitResult, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# IPv6 addresses that embed an IPv4 address, which could be private.
_TRANSLATED = tuple(
    ipaddress.IPv6Network(text) for text in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)
_HOST = re.compile(
    r"(?!.{254})([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.?", re.IGNORECASE
)
"""A host name in ASCII. Other spellings, such as full-width digits, may mean another host to another program."""
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")
MAX_URL = 8000


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
        host = _name(parts.hostname)
        literal = _literal(host)
        if literal is not None:
            self._check_address(host, literal, parts.scheme)
        elif host in _LOCAL_NAMES or host.endswith(".localhost"):
            self._check_address(host, ipaddress.IPv4Address("127.0.0.1"), parts.scheme)
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
        return _name(host) in self._hosts or _in_any(address, self._networks)


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
    if len(url) > MAX_URL or any(char <= " " or char == "\x7f" or char.isspace() for char in url):
        raise EgressRefused(f"invalid URL; it may have {MAX_URL} characters, and no spaces or control characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise EgressRefused("invalid URL; write https://host[:port]/path") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0 or "\\" in url:
        raise EgressRefused("invalid URL; write a URL such as https://api.example.org/v1")
    if "@" in parts.netloc:
        raise EgressRefused("a URL may not contain a user name or password; use the field for the key")
    _check_host(parts.hostname)
    return parts


def _check_host(host: str) -> None:
    """Raise EgressRefused for a host that other programs may read in another way than this one."""
    if ":" in host:
        if "%" in host or _literal(host) is None:
            raise EgressRefused("invalid IPv6 address; write it without a zone, such as https://[2001:db8::1]/v1")
        return
    if not _HOST.fullmatch(host):
        raise EgressRefused("invalid host name; write it in ASCII: letters, digits, '-' and '.' (xn--… for others)")
    name = _name(host)
    if _NUMBER.fullmatch(name.rpartition(".")[2]) and _literal(name) is None:
        raise EgressRefused("invalid IPv4 address; write it as four decimal numbers, such as https://192.0.2.1/v1")


def _name(host: str) -> str:
    """Return a host name in the form in which it is compared."""
    return host.lower().removesuffix(".")


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    """Return scheme, lower-case host and port."""
    return parts.scheme, _name(parts.hostname or ""), parts.port or (443 if parts.scheme == "https" else 80)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not _in_any(address, _TRANSLATED)


def _in_any(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
