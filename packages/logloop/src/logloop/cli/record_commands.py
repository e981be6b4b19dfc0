"""Builds the commands list, show, create, update and delete for one kind of record."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, command, open_admin_client, open_client
from logloop.cli.options import AsJson, Project
from logloop.cli.output import print_json, print_records, say

if TYPE_CHECKING:
    from logloop.api.client import Client

Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Set a field. VALUE is JSON, else text; write text of digits as '\"123\"'.",
    ),
]
Data = Annotated[str | None, typer.Option(help="Fields as a JSON object, @FILE, or - for stdin.")]
Id = Annotated[str, typer.Argument(metavar="ID")]
_READ_ONLY_FIELDS = frozenset(
    {
        "id",
        "project_id",
        "revision",
        "created_at",
        "updated_at",
        "payload_json_schema",
        "source",
        "target",
        "secrets",
    }
)
Number = Annotated[int, typer.Option("--number", "-n", min=1, help="Maximum number of records.")]


def read_fields(data: str | None, pairs: Sequence[str] | None, option: str = "--set") -> dict[str, Any]:
    """Return the fields from --data and --set; `a.b=1` sets a nested field."""
    fields: dict[str, Any] = {}
    if data is not None:
        fields = _parse_data(data)
    for pair in pairs or ():
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise CommandExit(exit_codes.USAGE, f"{option} {pair!r} is not NAME=VALUE")
        target = fields
        *parents, last = name.split(".")
        for parent in parents:
            target = target.setdefault(parent, {})
            if not isinstance(target, dict):
                raise CommandExit(
                    exit_codes.USAGE, f"{option} {pair!r}: {parent!r} already has a value that is not an object"
                )
        target[last] = _value(text)
    return fields


def _parse_data(data: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if data == "-" else Path(data[1:]).read_text("utf-8") if data[:1] == "@" else data
        fields = json.loads(text)
    except OSError as error:
        raise CommandExit(exit_codes.USAGE, f"--data {data}: {error.strerror or error}") from error
    except ValueError as error:
        raise CommandExit(exit_codes.USAGE, f"--data is not valid JSON: {error}") from error
    if not isinstance(fields, dict):
        raise CommandExit(exit_codes.USAGE, "--data must be a JSON object")
    return fields


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def show_list(
    path: str, columns: Sequence[str], number: int, params: dict[str, Any], *, as_json: bool, as_admin: bool = False
) -> None:
    """Print the records under a path. Exits with NOTHING_FOUND when there are none."""
    with open_admin_client() if as_admin else open_client() as client:
        found = list(islice(client.list(path, limit=min(number, 100), **params), number))
    if as_json:
        print_json({"items": found})
    else:
        print_records(found, columns)
    if not found:
        kind = path.rpartition("/")[2].replace("-", " ").replace("api", "API")
        raise CommandExit(exit_codes.NOTHING_FOUND, None if as_json else f"no {kind} found")


def show_record(record: Any, *, as_json: bool) -> None:
    """Print one record: JSON, or one field per line."""
    if as_json or not isinstance(record, dict):
        print_json(record)
    else:
        print_records([{"name": name, "value": value} for name, value in _flatten(record)], ["name", "value"])


def _flatten(record: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield nested fields under the names that --set accepts."""
    for name, value in record.items():
        if isinstance(value, dict) and value and name != "payload":
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


@dataclass(frozen=True, slots=True)
class RecordCommands:
    """How the commands for one kind of record use the API.

    `in_project`: records belong to a project, which is filled in. `by_project`: ids are unique only within a project,
    so reads name it too. `as_admin`: uses `open_admin_client`. `replaces`: an update sends the whole record (PUT).
    """

    path: str
    name: str
    columns: Sequence[str]
    in_project: bool = True
    by_project: bool = False
    as_admin: bool = False
    replaces: bool = False

    def connect(self) -> AbstractContextManager[Client]:
        """Open a client with the required permission."""
        return open_admin_client() if self.as_admin else open_client()

    def project_params(self, project: str | None) -> dict[str, Any]:
        """Return the parameter or field that names the project."""
        if not self.in_project:
            return {}
        with open_client(project) as client:
            return {"project_id": client.connection.require_project()}

    def call(self, method: str, record_id: str, project: str | None, body: Any = None) -> Any:
        """Send a request about one record."""
        params = self.project_params(project) if self.by_project else {}
        target = f"{self.path}/{quote(record_id, safe='')}"
        with self.connect() as client:
            if method == "PUT":
                body = {**_writable_fields(client.request("GET", target, params=params)), **body}
            return client.request(method, target, params=params, body=body)


def _writable_fields(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in _READ_ONLY_FIELDS}


def record_group(commands: RecordCommands) -> typer.Typer:
    """Return the command group for one kind of record."""
    name = commands.name
    group = typer.Typer(help=f"Manage {name}s.", no_args_is_help=True)

    @group.command("list", help=f"List {name}s.")
    @command
    def list_(number: Number = 100, project: Project = None, as_json: AsJson = False) -> None:
        params = commands.project_params(project)
        show_list(commands.path, commands.columns, number, params, as_json=as_json, as_admin=commands.as_admin)

    @group.command("show", help=f"Show a {name}.")
    @command
    def show(record_id: Id, project: Project = None, as_json: AsJson = False) -> None:
        show_record(commands.call("GET", record_id, project), as_json=as_json)

    @group.command("create", help=f"Create a {name} from --data and --set.")
    @command
    def create(data: Data = None, set_: Set = None, project: Project = None, as_json: AsJson = False) -> None:
        body = {**commands.project_params(project), **read_fields(data, set_)}
        with commands.connect() as client:
            show_record(client.request("POST", commands.path, body=body), as_json=as_json)

    @group.command("update", help=f"Change fields of a {name}.")
    @command
    def update(
        record_id: Id, data: Data = None, set_: Set = None, project: Project = None, as_json: AsJson = False
    ) -> None:
        method = "PUT" if commands.replaces else "PATCH"
        show_record(commands.call(method, record_id, project, read_fields(data, set_)), as_json=as_json)

    @group.command("delete", help=f"Delete a {name}.")
    @command
    def delete(record_id: Id, project: Project = None, as_json: AsJson = False) -> None:
        deleted = commands.call("DELETE", record_id, project)
        if as_json:
            print_json(deleted or {"deleted": record_id})
        else:
            say(f"deleted {record_id}")

    return group
