"""`logloop dead-letters`: messages a service could not handle; look at them, send them again, remove them.

It must not retry by itself.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from logloop.cli import exit_codes
from logloop.cli.command import Ended, command, open_admin_client
from logloop.cli.options import AsJson
from logloop.cli.output import print_json, print_records, say

app = typer.Typer(help="Messages that could not be handled.", no_args_is_help=True)
PATHS = {
    "ingest": "/ingest/dead-letters",
    "query": "/query/dead-letters",
    "analyzer": "/analyzer/dead-letters",
    "ci-bridge": "/ci/dead-letters",
}
Service = Annotated[str, typer.Option("--service", "-s", metavar="ingest|query|analyzer|ci-bridge")]
Queue = Annotated[str, typer.Argument(metavar="QUEUE", help="As listed.")]
Letter = Annotated[str, typer.Argument(metavar="ID", help="As listed.")]


def _path(service: str, *parts: str) -> str:
    if service not in PATHS:
        raise Ended(exit_codes.USAGE, f"{service!r} is no service; use {', '.join(PATHS)}")
    return "/".join([PATHS[service], *(quote(part, safe="") for part in parts)])


def _service_of(queue: str) -> str:
    return next((name for name in PATHS if queue.startswith(f"{name}.")), "query")


@app.command("list")
@command
def list_letters(
    service: Annotated[str | None, typer.Option("--service", "-s", help="Only this service.")] = None,
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="How many at most of each service.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List dead letters with the reason of each."""
    found: list[dict[str, Any]] = []
    total = 0
    with open_admin_client() as client:
        for name in [service] if service else PATHS:
            answer = client.request("GET", _path(name), params={"limit": min(number, 1_000)})
            found += [{"service": name, **item} for item in answer.get("items", [])]
            total += answer.get("total", 0)
    if as_json:
        print_json({"items": found, "total": total})
    else:
        print_records(found, ["service", "queue", "id", "reason", "attempts", "failed_at", "detail"])
    if not found:
        raise Ended(exit_codes.NOTHING_FOUND, None if as_json else "there are no dead letters")


@app.command("retry")
@command
def retry(queue: Queue, letter: Letter, as_json: AsJson = False) -> None:
    """Send a dead letter to where it was first sent."""
    with open_admin_client() as client:
        client.request("POST", f"{_path(_service_of(queue), queue, letter)}/retry")
    print_json({"retried": letter}) if as_json else say(f"sent again: {letter}")


@app.command("delete")
@command
def delete(queue: Queue, letter: Letter, as_json: AsJson = False) -> None:
    """Remove a dead letter for good."""
    with open_admin_client() as client:
        client.request("DELETE", _path(_service_of(queue), queue, letter))
    print_json({"deleted": letter}) if as_json else say(f"deleted {letter}")
