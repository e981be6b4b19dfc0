"""`logloop dead-letters`: lists, retries and deletes messages that a service could not process."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, command, open_admin_client
from logloop.cli.options import AsJson
from logloop.cli.output import print_json, print_records, say

app = typer.Typer(help="List, retry and delete messages that could not be processed.", no_args_is_help=True)
PATHS = {
    "ingest": "/ingest/dead-letters",
    "query": "/query/dead-letters",
    "analyzer": "/analyzer/dead-letters",
    "ci-bridge": "/ci/dead-letters",
}
Queue = Annotated[str, typer.Argument(metavar="QUEUE", help="Queue, as shown by list.")]
MessageId = Annotated[str, typer.Argument(metavar="ID", help="Message id, as shown by list.")]


def _path(service: str, *parts: str) -> str:
    if service not in PATHS:
        raise CommandExit(exit_codes.USAGE, f"unknown service {service!r}; use one of {', '.join(PATHS)}")
    return "/".join([PATHS[service], *(quote(part, safe="") for part in parts)])


def _service_of(queue: str) -> str:
    return next((name for name in PATHS if queue.startswith(f"{name}.")), "query")


@app.command("list")
@command
def list_letters(
    service: Annotated[
        str | None, typer.Option("--service", "-s", help="Only this service: ingest, query, analyzer or ci-bridge.")
    ] = None,
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="Maximum number per service.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List dead letters and why each one failed."""
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
        raise CommandExit(exit_codes.NOTHING_FOUND, None if as_json else "no dead letters")


@app.command("retry")
@command
def retry(queue: Queue, message_id: MessageId, as_json: AsJson = False) -> None:
    """Send a dead letter back to its original destination."""
    with open_admin_client() as client:
        client.request("POST", f"{_path(_service_of(queue), queue, message_id)}/retry")
    print_json({"retried": message_id}) if as_json else say(f"retried {message_id}")


@app.command("delete")
@command
def delete(queue: Queue, message_id: MessageId, as_json: AsJson = False) -> None:
    """Delete a dead letter permanently."""
    with open_admin_client() as client:
        client.request("DELETE", _path(_service_of(queue), queue, message_id))
    print_json({"deleted": message_id}) if as_json else say(f"deleted {message_id}")
