"""Send, search and act on logs: log entry, clients and logging handler.

Names are imported on first use, so that `logloop --help` and pytest runs without `--logloop` start fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logloop_contracts import LogEntry, Severity, parse_severity

    from logloop import ci
    from logloop.api.async_client import AsyncClient
    from logloop.api.client import Client
    from logloop.api.results import SearchPage, SendResult, StoredLog
    from logloop.errors import LogloopError
    from logloop.handler import LoggingHandler
    from logloop.log_context import context

__version__ = "0.1.0"

__all__ = [
    "AsyncClient",
    "Client",
    "LogEntry",
    "LoggingHandler",
    "LogloopError",
    "SearchPage",
    "SendResult",
    "Severity",
    "StoredLog",
    "__version__",
    "ci",
    "context",
    "parse_severity",
]

_MODULES = {
    "AsyncClient": "logloop.api.async_client",
    "Client": "logloop.api.client",
    "context": "logloop.log_context",
    "LogEntry": "logloop_contracts",
    "LoggingHandler": "logloop.handler",
    "LogloopError": "logloop.errors",
    "SearchPage": "logloop.api.results",
    "SendResult": "logloop.api.results",
    "Severity": "logloop_contracts",
    "StoredLog": "logloop.api.results",
    "parse_severity": "logloop_contracts",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name == "ci":
        return import_module(f"{__name__}.ci")
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module 'logloop' has no attribute {name!r}")
    value: object = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
