"""What commands print: data on stdout, talk on stderr.

It must not let text of logs control the terminal: control and direction characters are shown, not sent.
"""

from __future__ import annotations

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
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z")
_SGR = re.compile("\x1b\\[[0-9;:]*m")
SEVERITY_STYLES = {"error": "bold red", "warn": "yellow", "info": "green", "debug": "dim"}


def visible(text: str, *, one_line: bool = False) -> str:
    """Text of others, safe on a terminal: colours are dropped, other control characters become `\\x1b` and such."""
    text = _UNSAFE.sub(_token, _SGR.sub("", text))
    return text.replace("\n", "\\n").replace("\t", " ") if one_line else text


def _token(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def to_json(value: Any, *, indent: int | None = None) -> str:
    """JSON that parses to the same value and holds no character a terminal acts on."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=_json_value)
    return _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return str(value)


def print_json(value: Any) -> None:
    """One JSON document; over several lines for a person."""
    write(to_json(value, indent=2 if sys.stdout.isatty() else None))


def print_json_line(value: Any) -> None:
    """One line of NDJSON, at once."""
    write(to_json(value))
    sys.stdout.flush()


def write(text: str) -> None:
    """One line to stdout."""
    sys.stdout.write(text + "\n")


def say(text: str) -> None:
    """One line to stderr."""
    print(visible(text), file=sys.stderr, flush=True)  # noqa: T201 - talk goes here


def console() -> Console:
    """Rich on stdout: colours and tables on a terminal alone, NO_COLOR respected."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


def local_time(moment: datetime) -> str:
    """A time for people: this machine's zone, milliseconds, without the day when that is today."""
    local = moment.astimezone()
    is_today = local.date() == datetime.now(UTC).astimezone().date()
    return local.strftime("%H:%M:%S.%f" if is_today else "%Y-%m-%d %H:%M:%S.%f")[:-3]


def log_line(log: StoredLog) -> str:
    """A log as one line of tab-separated text: time in UTC, severity, service, message."""
    time = log.timestamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return "\t".join([time, log.severity.value, visible(log.service_id), visible(log.message, one_line=True)])


def print_logs(logs: Sequence[StoredLog], words: Iterable[str] = ()) -> None:
    """Logs as a table on a terminal, as tab-separated lines elsewhere."""
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
    """A log's cells, with the severity coloured and the words of the search marked."""
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
    """One log of a live stream, at once."""
    if sys.stdout.isatty():
        from rich.text import Text

        console().print(Text(" ").join(styled_log(log, words)))
    else:
        write(log_line(log))
        sys.stdout.flush()


def print_records(records: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Records as a table on a terminal, as tab-separated values elsewhere."""
    rows = [[visible(cell_text(record, column), one_line=True) for column in columns] for record in records]
    if not sys.stdout.isatty():
        for row in rows:
            write("\t".join(row))
        return
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == "id")  # an id in two pieces cannot be copied
    for row in rows:
        table.add_row(*(_local(cell) for cell in row))
    console().print(table, soft_wrap=False)


def _local(cell: str) -> str:
    return local_time(datetime.fromisoformat(cell)) if _TIME.fullmatch(cell) else cell


def cell_text(record: Mapping[str, Any], column: str) -> str:
    """A value of a record as text; `a.b` reaches into it."""
    value: Any = record
    for part in column.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if value is None:
        return "-"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return value if isinstance(value, str) else to_json(value)
