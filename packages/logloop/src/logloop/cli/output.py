"""Prints data on stdout and messages on stderr. Log text cannot control the terminal: it is escaped first."""

from __future__ import annotations

import codecs
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from logloop.api.results import StoredLog

# C0 without tab and newline, DEL and C1, zero-width, direction and line separators.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_UNSAFE_IN_JSON = re.compile(
    "[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_NO_VALUE = "-"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z")
_SGR = re.compile("\x1b\\[[0-9;:]*m")
SEVERITY_STYLES = {"error": "bold red", "warn": "yellow", "info": "green", "debug": "dim"}


def visible(text: str, *, one_line: bool = False) -> str:
    """Return untrusted text for a terminal: colours are removed, other control characters escaped (`\\x1b`)."""
    text = _UNSAFE.sub(_escape, _SGR.sub("", text))
    return text.replace("\n", "\\n").replace("\t", " ") if one_line else text


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def to_json(value: Any, *, indent: int | None = None) -> str:
    """Return JSON that parses to the same value and has no character that a terminal interprets."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=_json_value)
    return _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return str(value)


def print_json(value: Any) -> None:
    """Print one JSON document, indented on a terminal."""
    write(to_json(value, indent=2 if sys.stdout.isatty() else None))


def print_json_line(value: Any) -> None:
    """Print one line of NDJSON without delay."""
    write(to_json(value))
    sys.stdout.flush()


def write(text: str) -> None:
    """Print one line to stdout."""
    sys.stdout.write(text + "\n")


def write_export(chunks: Iterable[bytes], *, is_json: bool) -> None:
    """Write an export to stdout: the exact bytes to a file or pipe, and text that a terminal cannot interpret to one.

    On a terminal, JSON stays valid; in CSV, characters are escaped as in other output.
    """
    if not sys.stdout.isatty():
        for chunk in chunks:
            sys.stdout.buffer.write(chunk)
        return
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest = ""
    for chunk in chunks:
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        for line in lines:
            write(_safe_line(line, is_json=is_json))
    if rest := rest + decoder.decode(b"", final=True):
        write(_safe_line(rest, is_json=is_json))


def _safe_line(line: str, *, is_json: bool) -> str:
    line = line.removesuffix("\r")
    if is_json:
        return _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match.group()):04x}", line)
    return visible(line)


def say(text: str) -> None:
    """Print one line to stderr."""
    print(visible(text), file=sys.stderr, flush=True)  # noqa: T201 - the only place that prints messages


def console() -> Console:
    """Return a Rich console on stdout: colours on a terminal only, and not with NO_COLOR."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


def local_time(moment: datetime) -> str:
    """Return a time in this machine's zone with milliseconds; the date is omitted when it is today."""
    local = moment.astimezone()
    is_today = local.date() == datetime.now(UTC).astimezone().date()
    return local.strftime("%H:%M:%S.%f" if is_today else "%Y-%m-%d %H:%M:%S.%f")[:-3]


def log_line(log: StoredLog) -> str:
    """Return a log as one tab-separated line: time in UTC, severity, service, message."""
    time = log.timestamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return "\t".join([time, log.severity.value, visible(log.service_id), visible(log.message, one_line=True)])


def print_logs(logs: Sequence[StoredLog], words: Iterable[str] = ()) -> None:
    """Print logs: a table on a terminal, tab-separated lines elsewhere."""
    if not sys.stdout.isatty():
        for log in logs:
            write(log_line(log))
        return
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for name in ("time", "severity", "service"):
        table.add_column(name, no_wrap=True)
    table.add_column("message", overflow="fold")
    for log in logs:
        table.add_row(*styled_log(log, words))
    console().print(table, soft_wrap=False)


def styled_log(log: StoredLog, words: Iterable[str] = ()) -> list[Any]:
    """Return a log's table cells, with the severity coloured and the search words highlighted."""
    from rich.text import Text

    message = Text(visible(log.message))
    for word in words:
        message.highlight_regex(re.compile(re.escape(word), re.IGNORECASE), "reverse")
    severity = log.severity.value
    return [
        Text(local_time(log.timestamp), style="dim"),
        Text(severity, style=SEVERITY_STYLES[severity]),
        Text(visible(log.service_id), style="cyan"),
        message,
    ]


def print_log_stream(log: StoredLog, words: Iterable[str] = ()) -> None:
    """Print one log of a live stream without delay."""
    if sys.stdout.isatty():
        from rich.text import Text

        console().print(Text(" ").join(styled_log(log, words)))
    else:
        write(log_line(log))
        sys.stdout.flush()


def print_records(records: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print records: a table without empty columns on a terminal, tab-separated values of all columns elsewhere."""
    rows = [[visible(cell_text(record, column), one_line=True) for column in columns] for record in records]
    if not sys.stdout.isatty():
        for row in rows:
            write("\t".join(row))
        return
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), pad_edge=False)
    shown = [number for number in range(len(columns)) if not rows or any(row[number] != _NO_VALUE for row in rows)]
    for number in shown:
        column = columns[number]
        table.add_column(column, overflow="fold", no_wrap=column == "id")  # a wrapped id cannot be copied
    for row in rows:
        table.add_row(*(_local(row[number]) for number in shown))
    console().print(table, soft_wrap=False)


def _local(cell: str) -> str:
    return local_time(datetime.fromisoformat(cell)) if _TIME.fullmatch(cell) else cell


def cell_text(record: Mapping[str, Any], column: str) -> str:
    """Return a value of a record as text; `a.b` names a nested field."""
    value: Any = record
    for part in column.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if value is None:
        return _NO_VALUE
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return value if isinstance(value, str) else to_json(value)
