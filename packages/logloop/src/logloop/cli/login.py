"""`logloop login` and `logloop config`: where the platform is and with which key.

It must not print a key.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from logloop.cli import exit_codes
from logloop.cli.command import Ended, command, open_client
from logloop.cli.options import AsJson
from logloop.cli.output import print_json, say, write


@command
def login(
    url: Annotated[
        str | None, typer.Argument(metavar="URL", help="Address of the platform, such as https://logs.example.org")
    ] = None,
    project: Annotated[str | None, typer.Option("--project", "-p", help="Project to work in.")] = None,
    as_json: AsJson = False,
) -> None:
    """Store address and API key after checking them.

    The key is asked for, or read from stdin; the file has mode 600.
    """
    from logloop.api.client import Client
    from logloop.connection import clean_url, resolve, save_config

    address = clean_url(url or resolve().url)
    key = _read_key()
    with Client(address, key, project=project, retry_for=0) as client:
        who = client.request("GET", "/session")
    projects = [str(item["project_id"]) for item in who.get("projects", [])]
    chosen = project or (projects[0] if len(projects) == 1 else None)
    values = {"url": address, "api_key": key, **({"project": chosen} if chosen else {})}
    path = save_config(values)
    if as_json:
        print_json({"url": address, "project": chosen, "projects": projects, "stored": str(path)})
        return
    say(f"Signed in to {address} as {who.get('name')}; stored in {path}.")
    if not chosen and projects:
        say(f"Projects: {', '.join(projects)}. Choose with --project or LOGLOOP_PROJECT.")


def _read_key() -> str:
    key = typer.prompt("API key", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    if not key.strip():
        raise Ended(
            exit_codes.USAGE,
            "no key was given; create one on the platform's machine with `logloop admin keys create NAME`",
        )
    return str(key).strip()


@command
def config(as_json: AsJson = False) -> None:
    """Show the settings in use and where they come from."""
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
