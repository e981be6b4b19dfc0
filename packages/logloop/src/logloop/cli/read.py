"""`logloop search`, `tail` and `export`: logs out of the platform.

It must not interpret the query; the platform does.
"""

from __future__ import annotations

import re
import sys
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from logloop.cli import exit_codes
from logloop.cli.command import Ended, command, open_client
from logloop.cli.options import AsJson, Project, Query, Since, Until, joined
from logloop.cli.output import print_json, print_log_stream, print_logs, say, to_json, write

if TYPE_CHECKING:
    from logloop.api.client import Client
    from logloop.api.results import Scope, SearchOptions, StoredLog
    from logloop.api.sse import ServerEvent

PAGE = 1_000


def words_of(query: str) -> list[str]:
    """Plain words and phrases of a query, to mark them in what is shown."""
    found = re.findall(r'(?<!\S)(?:message:)?(?:"([^"]+)"|([^\s":()*/+!-][^\s":()*/]*))(?!\S)', query)
    return [phrase or word for phrase, word in found if (phrase or word) not in {"AND", "OR", "NOT"}]


@command
def search(
    query: Query = None,
    number: Annotated[int, typer.Option("--number", "-n", min=0, help="How many at most; 0: all.")] = 100,
    since: Since = None,
    until: Until = None,
    oldest_first: Annotated[bool, typer.Option("--oldest-first", help="In the order of time.")] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Then go on with what arrives.")] = False,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Find logs, newest first. With --json one document: {"items": […], "next_cursor", "partial"}; -f: NDJSON."""
    text = joined(query)
    with open_client(project) as client:
        if follow:
            found, _ = _collect(client, text, number or PAGE, _options(since, until, "desc"))
            _show(found[::-1], text, as_json=as_json)
            _follow(client, text, as_json=as_json, seen={log.id for log in found})
            return
        found, page = _collect(client, text, number, _options(since, until, "asc" if oldest_first else "desc"))
    if as_json:
        print_json({"items": [log.model_dump(mode="json") for log in found], **page})
    else:
        print_logs(found, words_of(text))
    if page["partial"]:
        raise Ended(
            exit_codes.PARTIAL, f"the search was cut short: {page['partial_reason']}; narrow --since and --until"
        )
    if not found:
        raise Ended(exit_codes.NOTHING_FOUND, None if as_json else "no log matches")


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
        options["limit"] = min(PAGE, number - len(found)) if number else PAGE
        page = client.search(query, **options)
        found += page.items
        if page.next_cursor is None or page.partial or (number and len(found) >= number):
            break
        options["cursor"] = page.next_cursor
    rest: dict[str, object] = {
        "next_cursor": page.next_cursor,
        "partial": page.partial,
        "partial_reason": page.partial_reason,
    }
    return found, rest


@command
def tail(
    query: Query = None,
    number: Annotated[int | None, typer.Option("--number", "-n", min=1, help="Stop after so many.")] = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Show logs as they arrive, until Ctrl-C. With --json one log a line."""
    with open_client(project) as client:
        _follow(client, joined(query), as_json=as_json, number=number)


def _follow(
    client: Client, query: str, *, as_json: bool, seen: set[str] | None = None, number: int | None = None
) -> None:
    def notice(event: ServerEvent) -> None:
        if event.event == "dropped":
            count = event.json().get("count", "some")
            say(f"logloop: {count} logs were left out: they arrive faster than they are shown")

    if sys.stdout.isatty() and sys.stderr.isatty():
        say("logloop: waiting for logs; Ctrl-C ends it")
    with closing(client.tail(query, on_event=notice)) as logs:
        for log in islice((log for log in logs if log.id not in (seen or ())), number):
            _show([log], query, as_json=as_json)


def _show(logs: list[StoredLog], query: str, *, as_json: bool) -> None:
    for log in logs:
        if as_json:
            write(to_json(log.model_dump(mode="json")))
            sys.stdout.flush()
        else:
            print_log_stream(log, words_of(query))


@command
def export(
    query: Query = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write (default: stdout).")] = None,
    output_format: Annotated[
        str | None, typer.Option("--format", help="ndjson, csv, parquet or arrow (default: by the file's name).")
    ] = None,
    since: Since = None,
    until: Until = None,
    project: Project = None,
) -> None:
    """Write every log of a search to a file or stdout.

    As NDJSON, CSV, Parquet or Arrow; there is no limit.
    """
    chosen = output_format or (output.suffix.removeprefix(".") if output and output.suffix else "ndjson")
    if chosen not in {"ndjson", "csv", "parquet", "arrow"}:
        raise Ended(exit_codes.USAGE, f"{chosen!r} is no format; use --format ndjson, csv, parquet or arrow")
    if output is None and chosen in {"parquet", "arrow"} and sys.stdout.isatty():
        raise Ended(exit_codes.USAGE, f"{chosen} is nothing to read on a terminal; write it to a file with -o FILE")
    scope: Scope = {}
    if since:
        scope["since"] = since
    if until:
        scope["until"] = until
    with open_client(project) as client:
        pieces = client.export(joined(query), format=chosen, **scope)
        if output is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            return
        size = _write_whole(output, pieces)
    say(f"{size} bytes in {output}")


def _write_whole(output: Path, pieces: object) -> int:
    from collections.abc import Iterable
    from typing import cast

    partial = output.with_name(output.name + ".part")
    try:
        with partial.open("wb") as file:
            size = sum(file.write(piece) for piece in cast("Iterable[bytes]", pieces))
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
    return size
