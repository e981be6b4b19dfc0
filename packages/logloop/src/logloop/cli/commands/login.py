"""`logloop login` and `logloop config`: store and show the platform's address and key, never the secret."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, command, open_client
from logloop.cli.options import AsJson
from logloop.cli.output import print_json, say, write


@command
def login(
    url: Annotated[
        str | None, typer.Argument(metavar="URL", help="Address of the platform, such as https://logs.example.org.")
    ] = None,
    project: Annotated[str | None, typer.Option("--project", "-p", help="Default project.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check and store the platform's address and an API key.

    Prompts for the key, or reads it from stdin. The file has mode 600.
    """
    from logloop.api.client import Client
    from logloop.connection import clean_url, resolve, save_config

    address = clean_url(url or resolve().url)
    key = _read_key()
    with Client(address, key, project=project, retry_for=0) as client:
        caller = client.request("GET", "/session")
    projects = [str(item["project_id"]) for item in caller.get("projects", [])]
    default = project or (projects[0] if len(projects) == 1 else None)
    values = {"url": address, "api_key": key, **({"project": default} if default else {})}
    path = save_config(values)
    if as_json:
        print_json({"url": address, "project": default, "projects": projects, "stored": str(path)})
        return
    say(f"Signed in to {address} as {caller.get('name')}; stored in {path}.")
    if not default and projects:
        say(f"Projects: {', '.join(projects)}. Choose one with --project or LOGLOOP_PROJECT.")


def _read_key() -> str:
    key = typer.prompt("API key", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    if not key.strip():
        raise CommandExit(
            exit_codes.USAGE,
            "no key given; create one on the platform's machine with `logloop admin keys create NAME`",
        )
    return str(key).strip()


@command
def config(as_json: AsJson = False) -> None:
    """Show the settings in use and where the key comes from."""
    with open_client() as client:
        connection = client.connection
    shown = {
        "url": connection.url,
        "project": connection.project,
        "service": connection.service,
        "api_key": f"{connection.api_key.rpartition('_')[0]}_…" if connection.api_key else None,
        "api_key_from": connection.origin,
    }
    if as_json:
        print_json(shown)
        return
    for name, value in shown.items():
        write(f"{name}\t{value or '-'}")
