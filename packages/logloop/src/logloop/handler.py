"""The `logging` handler: turns log records into entries and queues them for `logloop.sending.background_sender`."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from logloop.api.encoding import json_safe, text_of, unique_name
from logloop.connection import resolve
from logloop.errors import NotConfigured
from logloop.log_context import current_context
from logloop.recent_records import remember
from logloop.sending.background_sender import BackgroundSender, SenderSettings, SenderStats, print_problem
from logloop.sending.batch_sender import Entry, is_sending
from logloop.sending.repair import fit, service_id_of

__all__ = ["LoggingHandler", "default_service", "entry_of", "fit", "function_of", "severity_of"]
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
FIELDS = frozenset({"service_id", "test_id", "func_id", "source"})
"""What a program may state of an entry besides its attributes."""
_FOUR_LEVELS = frozenset({"DEBUG", "INFO", "WARNING", "ERROR"})
_JSON_SCALARS = frozenset({str, int, bool, type(None)})
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
    Never raises: what cannot be read of a record is left out, and an attribute says so.
    """
    try:
        return _entry(record, fixed, text)
    except Exception as error:  # noqa: BLE001 - a record may hold anything; it must not be lost with it
        return _remains(record, fixed, error)


def _entry(record: logging.LogRecord, fixed: Mapping[str, Any], text: str | None) -> Entry:
    entry: Entry = dict(fixed)
    attributes: dict[str, Any] = {
        "logger.name": record.name,
        "thread.name": record.threadName,
        "process.name": record.processName,
        "process.pid": record.process,
        "code.line.number": record.lineno,
    }
    if record.levelname not in _FOUR_LEVELS:
        attributes["severity_text"] = record.levelname
    message = _message_of(record, attributes) if text is None else text
    if record.exc_info:
        message = _add_exception(message, attributes, record)
    if record.stack_info:
        attributes["code.stacktrace"] = record.stack_info
    entry["func_id"] = function_of(record)
    values = record.__dict__
    extras: Collection[str] = values.keys() - _STANDARD
    if context := current_context():
        values = {**context, **{name: values[name] for name in extras}}
        extras = values.keys()
    own, attributes = attributes, {**fixed.get("attributes", {}), **attributes}
    for name in extras:
        value = values[name]
        value = value if type(value) in _JSON_SCALARS else json_safe(value)
        if name in FIELDS:
            if value is not None:
                entry[name] = value if isinstance(value, str) else text_of(value)
        elif name in own:
            attributes[f"extra.{name}"] = value
        else:
            attributes[name if isinstance(name, str) else unique_name(name, attributes)] = value
    entry["message"] = fit(message, attributes)
    entry["severity"] = severity_of(record.levelno)
    entry["timestamp"] = record.created
    entry["attributes"] = attributes
    return entry


def _message_of(record: logging.LogRecord, attributes: dict[str, Any]) -> str:
    """Return the message with its arguments. Where they do not fit, they follow the message as text."""
    try:
        message = record.getMessage()
    except Exception as error:  # noqa: BLE001 - wrong arguments, or an object whose __str__ raises
        attributes["logloop.format_error"] = f"{type(error).__name__}: {text_of(error)}"
        given = record.args.values() if isinstance(record.args, Mapping) else record.args or ()
        return f"{text_of(record.msg)} [arguments: {', '.join(map(text_of, given))}]"
    return message if isinstance(message, str) else text_of(message)


def _remains(record: logging.LogRecord, fixed: Mapping[str, Any], error: Exception) -> Entry:
    """Return an entry with what can be read of a record that breaks the rules of `logging`."""
    attributes = {**fixed.get("attributes", {}), "logloop.record_error": f"{type(error).__name__}: {text_of(error)}"}
    values = record.__dict__
    try:
        message = _message_of(record, attributes)
    except Exception:  # noqa: BLE001 - as above
        message = text_of(values.get("msg"))
    level = values.get("levelno")
    return {
        **fixed,
        "message": fit(message, attributes),
        "severity": severity_of(level) if isinstance(level, int) else "warn",
        "timestamp": values.get("created"),
        "attributes": attributes | {text_of(name): json_safe(values[name]) for name in values.keys() - _STANDARD},
    }


def function_of(record: logging.LogRecord) -> str:
    """Return `module:function` of a record; the logger's name is the module when it ends with the file's name."""
    module = record.name if record.module in {record.name.rpartition(".")[2], "__init__"} else record.module
    return f"{module}:{record.funcName}"[:512]


def _add_exception(message: str, attributes: dict[str, Any], record: logging.LogRecord) -> str:
    info = _exception_info(record.exc_info)
    if info is None:
        return message
    if not record.exc_text:
        # Cached on the record for other handlers, as every formatter does.
        record.exc_text = _LOCAL_FORMATTER.formatException(info)
    attributes["exception.stacktrace"] = record.exc_text
    return add_exception(message, attributes, info)


def _exception_info(given: Any) -> Any:
    """Return an exception, or what looks like sys.exc_info(), as such a tuple; None without an exception."""
    if isinstance(given, BaseException):
        return type(given), given, given.__traceback__
    return given if isinstance(given, tuple) and len(given) == 3 and given[0] is not None else None


def add_exception(message: str, attributes: dict[str, Any], given: Any) -> str:
    """Describe an exception, or what sys.exc_info() returns, in attributes; return the message with its last line."""
    info = _exception_info(given)
    if info is None:
        return message
    kind, error, _ = info
    if "exception.stacktrace" not in attributes:
        attributes["exception.stacktrace"] = _LOCAL_FORMATTER.formatException(info)
    attributes["exception.type"] = (
        kind.__qualname__ if kind.__module__ == "builtins" else (f"{kind.__module__}.{kind.__qualname__}")
    )
    attributes["exception.message"] = text_of(error)
    last = "".join(traceback.format_exception_only(kind, error)).strip()
    return message if last in message else f"{message}\n{last}"


def default_service() -> str:
    """Return a service id from the program's name; used when none is configured."""
    path = Path(sys.argv[0] if sys.argv and sys.argv[0] else "python")
    name = path.parent.name if path.name == "__main__.py" else path.stem
    return service_id_of(name) or "python"


class LoggingHandler(logging.Handler):
    """Sends log records to Logloop from a background thread.

    Missing settings come from LOGLOOP_URL, LOGLOOP_API_KEY, LOGLOOP_PROJECT and LOGLOOP_SERVICE, then from
    `logloop login`, then from `logloop up` on this machine. Without a project the handler reports that once and does
    nothing. `attributes` are added to every entry. When `capacity` entries are queued, the oldest are dropped and
    counted. At exit the handler waits up to `exit_timeout` seconds.

    No record costs another one: what ingest would refuse of a record is repaired (see `logloop.sending.repair`).
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
    ) -> None:
        super().__init__(level)
        self.sender: BackgroundSender | None = None
        try:
            connection = resolve(url, api_key, project, service)
            project_id = connection.require_project()
        except NotConfigured as error:
            on_problem(f"logs are not sent. {error}")
            return
        given = text_of(connection.service) if connection.service else default_service()
        service_id = service_id_of(given) or default_service()
        self.fixed: Entry = {"project_id": project_id, "service_id": service_id}
        if service_id != given:
            on_problem(f"{given!r} is not a valid service id; the entries are sent as {service_id!r}")
        if source:
            self.fixed["source"] = source
        if attributes:
            self.fixed["attributes"] = json_safe(attributes)
        settings = SenderSettings(
            capacity=capacity, batch_entries=batch_entries, linger=linger, timeout=timeout, exit_timeout=exit_timeout
        )
        connection = replace(connection, service=service_id)
        self.sender = BackgroundSender(connection, settings, drop_report=self._drop_report, on_problem=on_problem)

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
        """Queue one record. A defect in it, such as wrong arguments, is stored with it as an attribute."""
        if self.sender is None:
            return
        try:
            entry = self.entry_for(record)
        except Exception:  # noqa: BLE001 - an override may raise anything; the record must not be lost with it
            entry = entry_of(record, self.fixed)
        try:
            self.put(entry, record.name)
        except Exception:  # noqa: BLE001 - the contract of logging.Handler.emit
            self.handleError(record)

    def put(self, entry: Entry, logger: str) -> None:
        """Queue an entry; `logger` is the name of its logger. Does nothing without a project."""
        if self.sender is not None:
            created = entry.get("timestamp")
            moment = created if isinstance(created, float) else time.time()
            remember(moment, text_of(entry.get("severity")), logger, text_of(entry.get("message")))
            self.sender.put(entry)

    def entry_for(self, record: logging.LogRecord) -> Entry:
        """Return the entry for a record; override it to add fields."""
        return entry_of(record, self.fixed, self._formatted(record))

    def _formatted(self, record: logging.LogRecord) -> str | None:
        formatter = self.formatter
        if formatter is None or getattr(formatter, "_fmt", None) in _DEFAULT_FORMATS:
            return None
        try:
            text: Any = formatter.format(record)
        except Exception:  # noqa: BLE001 - `entry_of` reads the record without the formatter, and says what is wrong
            return None
        return text if isinstance(text, str) else text_of(text)

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
