"""Reads the addresses of listeners from the settings: syslog+udp://127.0.0.1:5514?project=shop&service=router."""

from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from logloop_ingest.checking.fields import is_project_id, is_service_id

PORTS = {
    ("syslog", "udp"): 5514, ("syslog", "tcp"): 5514, ("syslog", "tls"): 6514,
    ("gelf", "udp"): 12201, ("gelf", "tcp"): 12201, ("gelf", "tls"): 12202,
    ("forward", "tcp"): 24224, ("forward", "tls"): 24225,
    ("otlp", "grpc"): 4317, ("otlp", "grpcs"): 4317,
}  # fmt: skip
"""Protocols, transports and their usual ports; syslog has 514 elsewhere, which only root may open."""
TLS_TRANSPORTS = frozenset({"tls", "grpcs"})
_NAMES = frozenset({"project", "service", "timezone", "max_bytes_per_s", "max_connections", "idle_s"})
_EXAMPLE = "syslog+udp://127.0.0.1:5514?project=shop"


class InvalidAddress(ValueError):
    """An address cannot be read; the text says what to do."""


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where to listen, for what, and what logs get that do not state it.

    An address for OTLP has no project: each request carries a key.
    """

    protocol: str
    transport: str
    host: str
    port: int
    project: str
    service: str | None = None
    zone: tzinfo = field(default=UTC)
    max_bytes_per_s: int | None = None
    max_connections: int = 256
    idle_s: float = 600.0

    @property
    def door(self) -> str:
        """The label of metrics."""
        return self.protocol


def parse_addresses(text: str) -> list[ListenAddress]:
    """Return the addresses of a list that is separated by commas or blanks. Raises InvalidAddress."""
    return [parse_address(item) for item in text.replace(",", " ").split()]


def parse_address(text: str) -> ListenAddress:
    """Return one address. Raises InvalidAddress."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise InvalidAddress(f"{text!r} is not an address: {error}; write {_EXAMPLE}") from error
    protocol, _, transport = parts.scheme.partition("+")
    if (protocol, transport) not in PORTS:
        known = ", ".join("+".join(pair) for pair in PORTS)
        raise InvalidAddress(f"{text!r} must begin with one of {known}, as in {_EXAMPLE}")
    values = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := values.keys() - _NAMES:
        raise InvalidAddress(f"{text!r} has the unknown parameter {min(unknown)!r}; use {', '.join(sorted(_NAMES))}")
    project = values.get("project", "")
    if protocol == "otlp":
        if values:
            raise InvalidAddress(f"{text!r} takes no parameters: the key of a request names its project")
    elif not is_project_id(project):
        raise InvalidAddress(f"{text!r} needs the project of its logs: append ?project=<id>")
    service = values.get("service")
    if service is not None and not is_service_id(service):
        raise InvalidAddress(f"{text!r} has an invalid service id {service!r}")
    host = parts.hostname or "127.0.0.1"
    given = PORTS[protocol, transport] if port is None else port
    return ListenAddress(protocol, transport, host, given, project, service, **_options(text, values))


def _options(text: str, values: dict[str, str]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if name := values.get("timezone"):
        try:
            options["zone"] = ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise InvalidAddress(
                f"{text!r} has an unknown time zone {name!r}; use a name as Europe/Berlin"
            ) from error
    for option in ("max_bytes_per_s", "max_connections", "idle_s"):
        if option in values:
            if not values[option].isdecimal() or int(values[option]) < 1:
                raise InvalidAddress(f"{text!r}: {option} must be a positive number")
            options[option] = int(values[option])
    return options
