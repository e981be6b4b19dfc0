"""`logloop search`, `tail` and `export`: read logs from the platform."""

from __future__ import annotations

import re
import sys
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, command, open_client
from logloop.cli.options import AsJson, Project, Query, Since, Until, joined
from logloop.cli.output import print_json, print_json_line, print_log_stream, print_logs, say, write_export

if TYPE_CHECKING:
    from logloop.api.client import Client
    from logloop.api.results import Scope, SearchOptions, StoredLog
    from logloop.api.sse import ServerEvent

PAGE_SIZE = 1_000


def words_of(query: str) -> list[str]:
    """Return the plain words and phrases of a query, to highlight them in the output."""
    found = re.findall(r'(?<!\S)(?:message:)?(?:"([^"]+)"|([^\s":()*/+!-][^\s":()*/]*))(?!\S)', query)
    return [phrase or word for phrase, word in found if (phrase or word) not in {"AND", "OR", "NOT"}]


@command
def search(
    query: Query = None,
    number: Annotated[int, typer.Option("--number", "-n", min=0, help="Maximum number of logs; 0 for all.")] = 100,
    since: Since = None,
    until: Until = None,
    oldest_first: Annotated[bool, typer.Option("--oldest-first", help="Show the oldest logs first.")] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Keep showing logs as they arrive.")] = False,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Search logs, newest first.

    A space means AND, which binds tighter than OR: 'a b OR c' is '(a b) OR c'. AND, OR and NOT are capital letters.
    A word is found inside other words too; 'word:9f3c' finds a whole word, and finds ids fast.
    --json prints one document: {"items": […], "next_cursor", "partial", "hints"}; with --follow it prints NDJSON.
    """
    text = joined(query)
    with open_client(project) as client:
        if follow:
            found, _ = _collect(client, text, number or PAGE_SIZE, _options(since, until, "desc"))
            _show(found[::-1], text, as_json=as_json)
            _follow(client, text, as_json=as_json, seen={log.id for log in found})
            return
        found, page = _collect(client, text, number, _options(since, until, "asc" if oldest_first else "desc"))
    if as_json:
        print_json({"items": [log.model_dump(mode="json") for log in found], **page})
    else:
        print_logs(found, words_of(text))
    if page["partial"]:
        raise CommandExit(
            exit_codes.PARTIAL, f"the search is incomplete: {page['partial_reason']}; narrow --since and --until"
        )
    if not found:
        raise CommandExit(exit_codes.NOTHING_FOUND, None if as_json else "no logs match")


def _options(since: str | None, until: str | None, order: Literal["asc", "desc"]) -> SearchOptions:
    options: SearchOptions = {"order": order}
    if since:
        options["since"] = since
    if until:
        options["until"] = until
    return options


def _collect(
    client: Client, query: str, number: int, options: SearchOptions
) -> tuple[list[StoredLog], dict[str, object]]:
    found: list[StoredLog] = []
    while True:
        options["limit"] = min(PAGE_SIZE, number - len(found)) if number else PAGE_SIZE
        page = client.search(query, **options)
        found += page.items
        if page.next_cursor is None or page.partial or (number and len(found) >= number):
            break
        options["cursor"] = page.next_cursor
    for hint in page.hints:
        say(f"logloop: {hint}")
    rest: dict[str, object] = {
        "next_cursor": page.next_cursor,
        "partial": page.partial,
        "partial_reason": page.partial_reason,
        "hints": page.hints,
    }
    return found, rest


@command
def tail(
    query: Query = None,
    number: Annotated[int | None, typer.Option("--number", "-n", min=1, help="Stop after this many logs.")] = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Show logs as they arrive, until Ctrl-C. --json prints one log per line.

    It begins with the logs whose times are up to 5 seconds earlier.
    """
    with open_client(project) as client:
        _follow(client, joined(query), as_json=as_json, number=number)


def _follow(
    client: Client, query: str, *, as_json: bool, seen: set[str] | None = None, number: int | None = None
) -> None:
    def report_dropped(event: ServerEvent) -> None:
        if event.event == "dropped":
            count = event.json().get("count", "some")
            say(f"logloop: {count} logs were left out: they arrive faster than they can be shown")

    if sys.stdout.isatty() and sys.stderr.isatty():
        say("logloop: waiting for logs; press Ctrl-C to stop")
    with closing(client.tail(query, on_event=report_dropped)) as logs:
        for log in islice((log for log in logs if log.id not in (seen or ())), number):
            _show([log], query, as_json=as_json)


def _show(logs: list[StoredLog], query: str, *, as_json: bool) -> None:
    for log in logs:
        if as_json:
            print_json_line(log.model_dump(mode="json"))
        else:
            print_log_stream(log, words_of(query))


@command
def export(
    query: Query = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write (default: stdout).")] = None,
    output_format: Annotated[
        str | None, typer.Option("--format", help="ndjson, csv, parquet or arrow (default: from the file's name).")
    ] = None,
    since: Since = None,
    until: Until = None,
    project: Project = None,
) -> None:
    """Write every log that matches to a file or stdout.

    Formats: NDJSON, CSV, Parquet and Arrow. There is no limit on the number of logs. In CSV, a cell that a
    spreadsheet would run as a formula starts with a quote ('). A terminal shows control characters escaped; files
    and pipes get the exact bytes.
    """
    chosen = output_format or (output.suffix.removeprefix(".") if output and output.suffix else "ndjson")
    if chosen not in {"ndjson", "csv", "parquet", "arrow"}:
        raise CommandExit(exit_codes.USAGE, f"unknown format {chosen!r}; use --format ndjson, csv, parquet or arrow")
    if output is None and chosen in {"parquet", "arrow"} and sys.stdout.isatty():
        raise CommandExit(exit_codes.USAGE, f"{chosen} is a binary format; write it to a file with -o FILE")
    scope: Scope = {}
    if since:
        scope["since"] = since
    if until:
        scope["until"] = until
    with open_client(project) as client:
        chunks = client.export(joined(query), format=chosen, **scope)
        if output is None:
            write_export(chunks, is_json=chosen == "ndjson")
            return
        size = _write_whole(output, chunks)
    say(f"{size} bytes written to {output}")


def _write_whole(output: Path, chunks: object) -> int:
    from collections.abc import Iterable
    from typing import cast

    partial = output.with_name(output.name + ".part")
    try:
        with partial.open("wb") as file:
            size = sum(file.write(chunk) for chunk in cast("Iterable[bytes]", chunks))
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
    return size
