"""Sends the messages of loguru: a sink for `logger.add`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from logloop.handler import LoggingHandler, severity_of
from logloop.integrations.entries import HandlerOptions, entry_from
from logloop.sending.batch_sender import Entry, is_sending

__all__ = ["LogloopSink"]


class LogloopSink:
    """Sends each message to Logloop. Takes the options of `LoggingHandler`.

        logger.add(LogloopSink(service="checkout"), format="{message}")

    `extra` (of `bind` and `contextualize`) becomes attributes. `logloop.context` does not apply with `enqueue=True`,
    which is not needed: the sink never waits for the platform.
    """

    def __init__(self, **options: Unpack[HandlerOptions]) -> None:
        self.handler = LoggingHandler(source="loguru", **options)

    def write(self, message: Any) -> None:
        """Queue a message."""
        if self.handler.sender is not None and not is_sending():
            record = message.record
            self.handler.put(self._entry(record), record["name"] or "")

    def stop(self) -> None:
        """Send what is queued and stop; `logger.remove` calls it."""
        self.handler.close()

    def _entry(self, record: Mapping[str, Any]) -> Entry:
        own: dict[str, Any] = {
            "logger.name": record["name"],
            "thread.name": record["thread"].name,
            "process.name": record["process"].name,
            "process.pid": record["process"].id,
            "code.line.number": record["line"],
        }
        level, error = record["level"], record["exception"]
        entry = entry_from(
            {**self.handler.fixed, "func_id": f"{record['name'] or record['module']}:{record['function']}"[:512]},
            record["message"],
            own,
            record["extra"],
            level=level.name,
            severity=severity_of(level.no),
            exception=error and (error.type, error.value, error.traceback),
        )
        return {**entry, "timestamp": record["time"].timestamp()}
