"""The `logging` handler: turns log records into entries and queues them for `logloop.sending.background_sender`."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logloop.api.encoding import json_safe, text_of
from logloop.connection import resolve
from logloop.errors import NotConfigured
from logloop.sending.background_sender import BackgroundSender, SenderSettings, SenderStats, print_problem
from logloop.sending.batch_sender import Entry, is_sending

if TYPE_CHECKING:
    import httpx

MAX_MESSAGE_BYTES = 256 * 1024
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_FIELDS = frozenset({"service_id", "test_id", "func_id", "source"})
_FOUR_LEVELS = frozenset({"DEBUG", "INFO", "WARNING", "ERROR"})
_JSON_SCALARS = (str, int, bool, type(None))
_LOCAL_FORMATTER = logging.Formatter()
# basicConfig(handlers=[…]) sets one of these formats on every handler; here level and logger name are fields.
_DEFAULT_FORMATS = frozenset({
    logging.BASIC_FORMAT, "%(message)s", "{levelname}:{name}:{message}", "${levelname}:${name}:${message}",
})  # fmt: skip


def severity_of(levelno: int) -> str:
    """Return the severity of a `logging` level; levels in between are rounded down."""
    if levelno >= logging.ERROR:
        return "error"
    if levelno >= logging.WARNING:
        return "warn"
    return "info" if levelno >= logging.INFO else "debug"


def entry_of(record: logging.LogRecord, fixed: Mapping[str, Any], text: str | None = None) -> Entry:
    """Return the entry for a record: the fields in `fixed`, plus message, level, time, location and extras.

    `text` is the formatted message, if a formatter is set. `timestamp` is a float of seconds; the sender converts it.
    """
    entry: Entry = dict(fixed)
    attributes: dict[str, Any] = {
        **fixed.get("attributes", {}),
        "logger.name": record.name,
        "thread.name": record.threadName,
        "process.name": record.processName,
        "process.pid": record.process,
        "code.line.number": record.lineno,
    }
    if record.levelname not in _FOUR_LEVELS:
        attributes["severity_text"] = record.levelname
    values = record.__dict__
    for name in values.keys() - _STANDARD:
        value = values[name]
        attributes[name] = value if isinstance(value, _JSON_SCALARS) else _snapshot(value)
    message = record.getMessage() if text is None else text
    if record.exc_info and record.exc_info[0] is not None:
        message = _add_exception(message, attributes, record)
    if record.stack_info:
        attributes["code.stacktrace"] = record.stack_info
    entry["func_id"] = function_of(record)
    if not _FIELDS.isdisjoint(attributes):
        for name in _FIELDS & attributes.keys():
            entry[name] = str(attributes.pop(name))[:512]
    entry["message"] = fit(message, attributes)
    entry["severity"] = severity_of(record.levelno)
    entry["timestamp"] = record.created
    entry["attributes"] = attributes
    return entry


def function_of(record: logging.LogRecord) -> str:
    """Return `module:function` of a record; the logger's name is the module when it ends with the file's name."""
    module = record.name if record.module in {record.name.rpartition(".")[2], "__init__"} else record.module
    return f"{module}:{record.funcName}"[:512]


def fit(message: str, attributes: dict[str, Any]) -> str:
    """Return the message, truncated with a visible mark when it exceeds 256 KiB of UTF-8."""
    if len(message) * 4 <= MAX_MESSAGE_BYTES:
        return message
    data = message.encode("utf-8", "surrogatepass")
    if len(data) <= MAX_MESSAGE_BYTES:
        return message
    attributes["logloop.message_bytes"] = len(data)
    return data[: MAX_MESSAGE_BYTES - 64].decode("utf-8", "ignore") + f"… [truncated, {len(data)} bytes in total]"


def _add_exception(message: str, attributes: dict[str, Any], record: logging.LogRecord) -> str:
    assert record.exc_info
    kind, error, _ = record.exc_info
    if not record.exc_text:
        # Cached on the record for other handlers, as every formatter does.
        record.exc_text = _LOCAL_FORMATTER.formatException(record.exc_info)
    assert kind is not None
    attributes["exception.type"] = (
        kind.__qualname__ if kind.__module__ == "builtins" else (f"{kind.__module__}.{kind.__qualname__}")
    )
    attributes["exception.message"] = text_of(error)
    attributes["exception.stacktrace"] = record.exc_text
    last = "".join(traceback.format_exception_only(kind, error)).strip()
    return message if last in message else f"{message}\n{last}"


def _snapshot(value: Any) -> Any:
    try:
        return json_safe(value)  # copied now: the program may change the object before it is sent
    except Exception:  # noqa: BLE001 - a foreign container may raise anything; the log must not be lost with it
        return text_of(value)


def default_service() -> str:
    """Return a service id from the program's name; used when none is configured."""
    path = Path(sys.argv[0] if sys.argv and sys.argv[0] else "python")
    name = path.parent.name if path.name == "__main__.py" else path.stem
    name = re.sub(r"[^A-Za-z0-9._:/@-]+", "-", name).strip("-._:/@")
    return name[:128] or "python"


class LoggingHandler(logging.Handler):
    """Sends log records to Logloop from a background thread.

    Missing settings come from LOGLOOP_URL, LOGLOOP_API_KEY, LOGLOOP_PROJECT and LOGLOOP_SERVICE, then from
    `logloop login`, then from `logloop up` on this machine. Without a project the handler reports that once and does
    nothing. `attributes` are added to every entry. When `capacity` entries are queued, the oldest are dropped and
    counted. At exit the handler waits up to `exit_timeout` seconds.
    """

    def __init__(
        self,
        level: int | str = logging.NOTSET,
        *,
        url: str | None = None,
        api_key: str | None = None,
        project: str | None = None,
        service: str | None = None,
        source: str | None = "python-logging",
        attributes: Mapping[str, Any] | None = None,
        capacity: int = 10_000,
        batch_entries: int = 500,
        linger: float = 0.5,
        timeout: float = 10.0,
        exit_timeout: float = 5.0,
        on_problem: Callable[[str], None] = print_problem,
        http: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(level)
        self.sender: BackgroundSender | None = None
        try:
            connection = resolve(url, api_key, project, service)
            project_id = connection.require_project()
        except NotConfigured as error:
            on_problem(f"logs are not sent. {error}")
            return
        self.fixed: Entry = {"project_id": project_id, "service_id": connection.service or default_service()}
        if source:
            self.fixed["source"] = source
        if attributes:
            self.fixed["attributes"] = dict(attributes)
        settings = SenderSettings(
            capacity=capacity, batch_entries=batch_entries, linger=linger, timeout=timeout, exit_timeout=exit_timeout
        )
        self.sender = BackgroundSender(
            connection, settings, drop_report=self._drop_report, on_problem=on_problem, http=http
        )

    def handle(self, record: logging.LogRecord) -> bool:
        """Filter and queue without the handler's lock, which `logging` holds at exit while the thread sends."""
        if self.sender is None or is_sending():
            return False
        verdict = self.filter(record)
        if not verdict:
            return False
        self.emit(verdict if isinstance(verdict, logging.LogRecord) else record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        """Queue one record. Defects in it, such as wrong arguments, go to `handleError` as in every handler."""
        if self.sender is None:
            return
        try:
            self.sender.put(self.entry_for(record))
        except Exception:  # noqa: BLE001 - the contract of logging.Handler.emit
            self.handleError(record)

    def entry_for(self, record: logging.LogRecord) -> Entry:
        """Return the entry for a record; override it to add fields."""
        return entry_of(record, self.fixed, self._formatted(record))

    def _formatted(self, record: logging.LogRecord) -> str | None:
        formatter = self.formatter
        if formatter is None or getattr(formatter, "_fmt", None) in _DEFAULT_FORMATS:
            return None
        return formatter.format(record)

    def flush(self, timeout: float | None = None) -> None:
        """Send what is queued; wait up to `timeout` seconds (default: `exit_timeout`)."""
        if self.sender is not None:
            self.sender.flush(timeout)

    def close(self) -> None:
        """Flush and stop. Called by `logging` at exit."""
        if self.sender is not None:
            self.sender.close()
        super().close()

    @property
    def stats(self) -> SenderStats:
        """Return the counts of entries sent, dropped, rejected and queued in this process."""
        return self.sender.stats if self.sender is not None else SenderStats()

    def _drop_report(self, number: int) -> Entry:
        return {
            **self.fixed,
            "message": f"{number} log entries were dropped: the queue was full or the platform was unavailable",
            "severity": "warn",
            "func_id": "logloop.handler:LoggingHandler",
            "attributes": {**self.fixed.get("attributes", {}), "logloop.dropped": number},
        }
