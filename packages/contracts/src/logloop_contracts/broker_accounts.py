"""The accounts of the broker with their rights, all derived from the channel map.

Each service signs in as itself. The account `logloop` is for programs that send logs over AMQP. No account may do
everything. A service owns the queues whose names start with its own name.
"""

import base64
import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from logloop_contracts.channels import (
    CHANNELS,
    DEAD_EXCHANGE,
    EXCHANGES,
    INTAKE_EXCHANGE,
    QUEUES,
    RETRY_EXCHANGE,
    Channel,
)
from logloop_contracts.topology import declarations

SERVICES = tuple(dict.fromkeys(queue.consumer for queue in QUEUES))
SENDER = "logloop"
_NOTHING = "^$"
_VHOST = "/"


@dataclass(frozen=True)
class Topics:
    """The routing keys that an account may publish with, and bind its queues with, on one exchange."""

    exchange: str
    write: str
    read: str


@dataclass(frozen=True)
class Rights:
    """Regular expressions over the names of exchanges and queues, as RabbitMQ takes them."""

    configure: str
    write: str
    read: str
    topics: tuple[Topics, ...] = ()


def rights_of_service(service: str) -> Rights:
    """Return what a service needs: its own queues, and the channels that it produces or consumes.

    Nobody may write to the default exchange, because it reaches every queue.
    """
    own = rf"{re.escape(service)}\..+"
    sent = [channel for channel in CHANNELS if service in channel.producers]
    received = [channel for queue in QUEUES if queue.consumer == service for channel in queue.channels]
    moved = (RETRY_EXCHANGE.name, DEAD_EXCHANGE.name)
    written, read = _exchanges(sent), _exchanges(received)
    topics = [
        Topics(name, _keys(sent, name), _keys(received, name)) for name in sorted(dict.fromkeys([*written, *read]))
    ]
    return Rights(
        configure=f"^{own}$",
        write=_names(own, [*written, *moved]),
        read=_names(own, [*read, *moved]),
        topics=(*topics, *(Topics(name, f"^{own}$", f"^{own}$") for name in moved)),
    )


def rights_of_sender() -> Rights:
    """Return what a program needs that sends logs: to publish them, and nothing else."""
    return Rights(_NOTHING, _names(re.escape(INTAKE_EXCHANGE.name), ()), _NOTHING)


def all_rights() -> dict[str, Rights]:
    """Return the rights of every account."""
    return {**{service: rights_of_service(service) for service in SERVICES}, SENDER: rights_of_sender()}


def new_password() -> str:
    """Return a random password that needs no quoting in a URL."""
    return secrets.token_urlsafe(32)


def definitions(passwords: Mapping[str, str]) -> dict[str, Any]:
    """Return the definitions that RabbitMQ imports at every start: accounts, exchanges and queues.

    An import sets passwords and rights, and adds what is missing. It leaves existing queues as they are.
    """
    rights = all_rights()
    vhost = {"vhost": _VHOST}
    queues = [declaration for queue in QUEUES for declaration in declarations(queue)]
    return {
        "vhosts": [{"name": _VHOST}],
        "users": [_user(name, passwords[name]) for name in rights],
        "permissions": [
            {**vhost, "user": name, "configure": its.configure, "write": its.write, "read": its.read}
            for name, its in rights.items()
        ],
        "topic_permissions": [
            {**vhost, "user": name, "exchange": topics.exchange, "write": topics.write, "read": topics.read}
            for name, its in rights.items()
            for topics in its.topics
        ],
        "exchanges": [
            {
                **vhost,
                "name": exchange.name,
                "type": "topic",
                "durable": True,
                "auto_delete": False,
                "internal": False,
                "arguments": {},
            }
            for exchange in EXCHANGES
        ],
        "queues": [
            {**vhost, "name": queue.name, "durable": True, "auto_delete": False, "arguments": queue.arguments}
            for queue in queues
        ],
        "bindings": [
            {
                **vhost,
                "source": exchange,
                "destination": queue.name,
                "destination_type": "queue",
                "routing_key": key,
                "arguments": {},
            }
            for queue in queues
            for exchange, key in queue.bindings
        ],
    }


def _exchanges(channels: Iterable[Channel]) -> list[str]:
    return sorted({channel.exchange.name for channel in channels})


def _names(own: str, exchanges: Iterable[str]) -> str:
    return f"^({'|'.join([own, *map(re.escape, exchanges)])})$"


def _keys(channels: Iterable[Channel], exchange: str) -> str:
    """Return the routing keys of channels on one exchange. A key `*` is a project id."""
    keys = [channel.key for channel in channels if channel.exchange.name == exchange]
    if not keys:
        return _NOTHING
    return f"^({'|'.join('.+' if key == '*' else re.escape(key) for key in keys)})$"


def _user(name: str, password: str) -> dict[str, Any]:
    salt = os.urandom(4)
    digest = hashlib.sha256(salt + password.encode()).digest()
    return {
        "name": name,
        "password_hash": base64.b64encode(salt + digest).decode(),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": "",
    }
