"""`logloop admin`: projects, services, users, keys, settings and the audit trail.

It must not keep or print a secret but the one time the platform shows a new one.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from logloop.cli.command import command, open_admin_client, open_client
from logloop.cli.options import AsJson, Project
from logloop.cli.output import print_json, say
from logloop.cli.record_commands import (
    Data,
    Id,
    Number,
    Records,
    Set,
    read_fields,
    record_group,
    show_list,
    show_record,
)

app = typer.Typer(help="Projects, services, users, keys, settings, audit.", no_args_is_help=True)
_PROJECT_COLUMNS = ["id", "name", "retention_days", "state", "created_at"]
_USER_COLUMNS = ["id", "email", "name", "role", "disabled"]
app.add_typer(
    record_group(Records("/projects", "project", _PROJECT_COLUMNS, in_project=False, as_admin=True)), name="projects"
)
app.add_typer(
    record_group(
        Records("/services", "service", ["id", "name", "repository", "last_seen_at"], by_project=True, as_admin=True)
    ),
    name="services",
)
app.add_typer(record_group(Records("/users", "user", _USER_COLUMNS, in_project=False, as_admin=True)), name="users")
keys = typer.Typer(help="API keys.", no_args_is_help=True)
settings = typer.Typer(help="LLM provider and GitHub.", no_args_is_help=True)
app.add_typer(keys, name="keys")
app.add_typer(settings, name="settings")

AllProjects = Annotated[bool, typer.Option("--all-projects", help="Of every project, not of one.")]


def _place(project: str | None, *, everywhere: bool = False) -> dict[str, Any]:
    if everywhere:
        return {}
    with open_client(project) as client:
        return {"project_id": client.connection.require_project()}


@keys.command("list")
@command
def list_keys(
    number: Number = 100, project: Project = None, all_projects: AllProjects = False, as_json: AsJson = False
) -> None:
    """List keys; secrets are never shown again."""
    columns = ["id", "name", "project_id", "scopes", "expires_at", "revoked_at", "last_used_at"]
    show_list("/api-keys", columns, number, _place(project, everywhere=all_projects), as_json=as_json, as_admin=True)


@keys.command("create")
@command
def create_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    scope: Annotated[list[str] | None, typer.Option(help="ingest, read or admin; may be given again.")] = None,
    expires_at: Annotated[str | None, typer.Option(help="When it stops working, RFC 3339.")] = None,
    project: Project = None,
    all_projects: AllProjects = False,
    as_json: AsJson = False,
) -> None:
    """Create a key and print it: this once."""
    body = {"name": name, "scopes": scope or ["ingest"], **_place(project, everywhere=all_projects)}
    if expires_at:
        body["expires_at"] = expires_at
    with open_admin_client() as client:
        created = client.request("POST", "/api-keys", body=body)
    if as_json:
        print_json(created)
        return
    say("This is the only time the key is shown.")
    typer.echo(created["key"])


@keys.command("revoke")
@command
def revoke_key(key_id: Id, as_json: AsJson = False) -> None:
    """Make a key stop working."""
    with open_admin_client() as client:
        gone = client.request("DELETE", f"/api-keys/{key_id}")
    if as_json:
        print_json(gone)
    else:
        say(f"revoked {key_id}")


@settings.command("show")
@command
def show_settings(project: Project = None, all_projects: AllProjects = False, as_json: AsJson = False) -> None:
    """Show the settings that apply; secrets are never returned."""
    with open_admin_client() as client:
        params = _place(project, everywhere=all_projects)
        show_record(client.request("GET", "/settings", params=params), as_json=as_json)


@settings.command("set")
@command
def change_settings(
    what: Annotated[Literal["llm", "github"], typer.Argument(help="Which.")],
    data: Data = None,
    set_: Set = None,
    project: Project = None,
    all_projects: AllProjects = False,
    as_json: AsJson = False,
) -> None:
    """Set up the LLM provider or GitHub. Give secrets with --data - (stdin), not on the command line."""
    with open_admin_client() as client:
        params = _place(project, everywhere=all_projects)
        body = read_fields(data, set_)
        show_record(client.request("PUT", f"/settings/{what}", params=params, body=body), as_json=as_json)


@app.command("audit")
@command
def audit(
    number: Number = 100, project: Project = None, all_projects: AllProjects = False, as_json: AsJson = False
) -> None:
    """List who changed what, newest first."""
    columns = ["at", "actor.name", "action", "resource.id", "changed"]
    show_list("/audit", columns, number, _place(project, everywhere=all_projects), as_json=as_json, as_admin=True)
