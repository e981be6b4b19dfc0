"""`logloop admin`: projects, services, users, API keys, settings and the audit trail."""

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
    RecordCommands,
    Set,
    read_fields,
    record_group,
    show_list,
    show_record,
)

app = typer.Typer(help="Manage projects, users, keys and settings.", no_args_is_help=True)
_PROJECT_COLUMNS = ["id", "name", "retention_days", "state", "created_at"]
_USER_COLUMNS = ["id", "email", "name", "role", "disabled"]
app.add_typer(
    record_group(RecordCommands("/projects", "project", _PROJECT_COLUMNS, in_project=False, as_admin=True)),
    name="projects",
)
app.add_typer(
    record_group(
        RecordCommands(
            "/services", "service", ["id", "name", "repository", "last_seen_at"], by_project=True, as_admin=True
        )
    ),
    name="services",
)
app.add_typer(
    record_group(RecordCommands("/users", "user", _USER_COLUMNS, in_project=False, as_admin=True)), name="users"
)
keys = typer.Typer(help="Manage API keys.", no_args_is_help=True)
settings = typer.Typer(help="Configure the LLM provider and GitHub.", no_args_is_help=True)
app.add_typer(keys, name="keys")
app.add_typer(settings, name="settings")

AllProjects = Annotated[bool, typer.Option("--all-projects", help="For all projects instead of one.")]


def _project_params(project: str | None, *, all_projects: bool = False) -> dict[str, Any]:
    if all_projects:
        return {}
    with open_client(project) as client:
        return {"project_id": client.connection.require_project()}


@keys.command("list")
@command
def list_keys(
    number: Number = 100, project: Project = None, all_projects: AllProjects = False, as_json: AsJson = False
) -> None:
    """List API keys, without their secrets."""
    columns = ["id", "name", "project_id", "scopes", "expires_at", "revoked_at", "last_used_at", "replaced_by"]
    show_list(
        "/api-keys",
        columns,
        number,
        _project_params(project, all_projects=all_projects),
        as_json=as_json,
        as_admin=True,
    )


@keys.command("create")
@command
def create_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="ingest, read or admin; repeat for several (default: ingest).")
    ] = None,
    expires_at: Annotated[str | None, typer.Option(help="When the key expires, RFC 3339.")] = None,
    max_bytes_per_s: Annotated[int | None, typer.Option(help="Bytes a second that the key may send.")] = None,
    daily_quota_bytes: Annotated[int | None, typer.Option(help="Bytes per day (UTC) that the key may send.")] = None,
    project: Project = None,
    all_projects: AllProjects = False,
    as_json: AsJson = False,
) -> None:
    """Create an API key and print it. It cannot be shown again."""
    body = {"name": name, "scopes": scope or ["ingest"], **_project_params(project, all_projects=all_projects)}
    limits = {"max_bytes_per_s": max_bytes_per_s, "daily_quota_bytes": daily_quota_bytes}
    body |= {name: value for name, value in limits.items() if value is not None}
    if expires_at:
        body["expires_at"] = expires_at
    with open_admin_client() as client:
        _show_key(client.request("POST", "/api-keys", body=body), as_json=as_json)


def _show_key(created: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(created)
        return
    say("Store the key now; it cannot be shown again.")
    typer.echo(created["key"])


@keys.command("update")
@command
def update_key(key_id: Id, data: Data = None, set_: Set = None, as_json: AsJson = False) -> None:
    """Change the name or the limits of an API key, such as --set daily_quota_bytes=1000000000."""
    with open_admin_client() as client:
        show_record(client.request("PATCH", f"/api-keys/{key_id}", body=read_fields(data, set_)), as_json=as_json)


@keys.command("rotate")
@command
def rotate_key(
    key_id: Id,
    grace_hours: Annotated[
        float, typer.Option(min=0, max=720, help="Hours for which the old key stays valid; at most 720.")
    ] = 24,
    as_json: AsJson = False,
) -> None:
    """Replace an API key by a new one with the same rights and limits, and print it. It cannot be shown again."""
    with open_admin_client() as client:
        created = client.request("POST", f"/api-keys/{key_id}/rotate", body={"grace_hours": grace_hours})
    if not as_json:
        say(f"The key {key_id} stays valid for {grace_hours:g} hours; then only the new one works.")
    _show_key(created, as_json=as_json)


@keys.command("revoke")
@command
def revoke_key(key_id: Id, as_json: AsJson = False) -> None:
    """Revoke an API key."""
    with open_admin_client() as client:
        revoked = client.request("DELETE", f"/api-keys/{key_id}")
    if as_json:
        print_json(revoked)
    else:
        say(f"revoked {key_id}")


@settings.command("show")
@command
def show_settings(project: Project = None, all_projects: AllProjects = False, as_json: AsJson = False) -> None:
    """Show the settings in effect, without secrets."""
    with open_admin_client() as client:
        params = _project_params(project, all_projects=all_projects)
        show_record(client.request("GET", "/settings", params=params), as_json=as_json)


@settings.command("set")
@command
def change_settings(
    section: Annotated[Literal["llm", "github"], typer.Argument(help="What to configure.")],
    data: Data = None,
    set_: Set = None,
    project: Project = None,
    all_projects: AllProjects = False,
    as_json: AsJson = False,
) -> None:
    """Configure the LLM provider or GitHub. Pass secrets with --data - (stdin), not on the command line."""
    with open_admin_client() as client:
        params = _project_params(project, all_projects=all_projects)
        body = read_fields(data, set_)
        show_record(client.request("PUT", f"/settings/{section}", params=params, body=body), as_json=as_json)


@app.command("audit")
@command
def audit(
    number: Number = 100, project: Project = None, all_projects: AllProjects = False, as_json: AsJson = False
) -> None:
    """List changes and who made them, newest first."""
    columns = ["at", "actor.name", "action", "resource.id", "changed"]
    show_list(
        "/audit", columns, number, _project_params(project, all_projects=all_projects), as_json=as_json, as_admin=True
    )
