"""Sends the events of structlog: a processor for its configuration."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import MutableMapping
from datetime import datetime
from typing import Any, Unpack

from logloop.api.encoding import text_of
from logloop.handler import LoggingHandler
from logloop.integrations.entries import HandlerOptions, entry_from
from logloop.lines.severities import from_word
from logloop.sending.batch_sender import Entry, is_sending

__all__ = ["LogloopProcessor"]
_CALL_SITE = {"lineno": "code.line.number", "pathname": "code.file.path", "thread_name": "thread.name",
              "process": "process.pid", "process_name": "process.name"}  # fmt: skip
_TAKEN = frozenset({"event", "level", "exc_info", "exception", "timestamp", "logger", "func_name", "module",
                    "stack", "stack_info", *_CALL_SITE})  # fmt: skip


class LogloopProcessor:
    """Sends each event to Logloop and passes it on unchanged. Takes the options of `LoggingHandler`.

        structlog.configure(processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            LogloopProcessor(service="checkout"),
            structlog.dev.ConsoleRenderer(),
        ])

    It belongs before the renderer, and before processors that turn `exc_info` into text. The keys of an event become
    attributes. `CallsiteParameterAdder`, if it comes before, states the function.
    """

    def __init__(self, **options: Unpack[HandlerOptions]) -> None:
        self.handler = LoggingHandler(source="structlog", **options)

    def __call__(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Queue an event and return it."""
        if self.handler.sender is not None and not is_sending():
            self.handler.put(self._entry(logger, method, event), text_of(event.get("logger") or ""))
        return event

    def _entry(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> Entry:
        level = text_of(event.get("level") or method)
        severity = from_word(level) or ("error" if level == "exception" else "info")
        name = event.get("logger") or getattr(logger, "name", None)
        own: dict[str, Any] = {"logger.name": text_of(name)} if name else {}
        own |= {ours: event[theirs] for theirs, ours in _CALL_SITE.items() if event.get(theirs) is not None}
        if text := event.get("stack") or event.get("stack_info"):
            own["code.stacktrace"] = text_of(text)
        if text := event.get("exception"):  # made by a processor that comes before this one
            own["exception.stacktrace"] = text if isinstance(text, str) else text_of(text)
        entry = entry_from(
            self.handler.fixed,
            text_of(event.get("event", "")),
            own,
            {key: value for key, value in event.items() if key not in _TAKEN and not key.startswith("_")},
            level="error" if level == "exception" else level,
            severity=severity,
            exception=_exception(event.get("exc_info")),
        )
        if "func_id" not in entry and (function := event.get("func_name")):
            entry["func_id"] = f"{event.get('module') or name or 'python'}:{function}"[:512]
        return {**entry, "timestamp": _time(event.get("timestamp"))}


def _exception(given: Any) -> Any:
    """Return the exception of an event: True stands for the current one."""
    return sys.exc_info() if given is True or given == 1 else given or None


def _time(given: Any) -> Any:
    """Return the time that a processor has added, or the present; text without a zone cannot be relied on."""
    if isinstance(given, int | float) and not isinstance(given, bool):
        return given
    if isinstance(given, str):
        with contextlib.suppress(ValueError):
            moment = datetime.fromisoformat(given)
            return time.time() if moment.tzinfo is None else moment
    return time.time()
