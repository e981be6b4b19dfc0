"""`logloop ci approvals`: which workflows the emulator of a platform may run."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Annotated

import typer

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, command, open_admin_client, open_client
from logloop.cli.options import AsJson, Project
from logloop.cli.output import print_json, print_records
from logloop.cli.record_commands import show_record

app = typer.Typer(help="Approve workflows that the emulator may run.", no_args_is_help=True)
Workflow = Annotated[str, typer.Argument(metavar="WORKFLOW", help="A workflow file, or the SHA-256 of one.")]


@app.command("add")
@command
def add(
    workflow: Workflow,
    network: Annotated[bool, typer.Option("--network", help="Let its runs reach the network.")] = False,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Approve a workflow with exactly this content. Only administrators may."""
    with open_admin_client(project) as client:
        sha256, text = _read(workflow)
        body = {"project_id": client.connection.require_project(), "network": network, **text}
        approval = client.request("PUT", f"/ci/emulations/approvals/{sha256}", body=body)
    show_record(approval, as_json=as_json)


@app.command("waiting")
@command
def waiting(project: Project = None, as_json: AsJson = False) -> None:
    """List workflows that wait for an approval."""
    with open_client(project) as client:
        params = {"project_id": client.connection.require_project()}
        found = client.request("GET", "/ci/emulations/requests", params=params)
    items = [item for item in found["items"] if item["state"] == "waiting"]
    if as_json:
        print_json({"items": items})
    else:
        print_records(items, ["sha256", "file", "requested_by", "requested_at"])


@app.command("reject")
@command
def reject(workflow: Workflow, project: Project = None) -> None:
    """Reject a workflow that waits. Only administrators may."""
    with open_admin_client(project) as client:
        params = {"project_id": client.connection.require_project()}
        client.request("DELETE", f"/ci/emulations/requests/{_read(workflow)[0]}", params=params)


@app.command("list")
@command
def list_all(project: Project = None, as_json: AsJson = False) -> None:
    """List approved workflows."""
    with open_client(project) as client:
        params = {"project_id": client.connection.require_project()}
        found = client.request("GET", "/ci/emulations/approvals", params=params)
    if as_json:
        print_json(found)
    else:
        print_records(found["items"], ["sha256", "network", "approved_by", "approved_at"])


@app.command("remove")
@command
def remove(workflow: Workflow, project: Project = None) -> None:
    """Revoke the approval of a workflow."""
    with open_admin_client(project) as client:
        params = {"project_id": client.connection.require_project()}
        client.request("DELETE", f"/ci/emulations/approvals/{_read(workflow)[0]}", params=params)


def _read(workflow: str) -> tuple[str, dict[str, str]]:
    """Return the SHA-256 of a workflow and, for a file, its name and text."""
    if re.fullmatch("[0-9a-f]{64}", workflow):
        return workflow, {}
    path = Path(workflow)
    try:
        # As text: a platform hashes the text that it receives.
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandExit(exit_codes.USAGE, f"{workflow} cannot be read: {error}") from error
    return hashlib.sha256(text.encode()).hexdigest(), {"file": path.name, "workflow": text}
