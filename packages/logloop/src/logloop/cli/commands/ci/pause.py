"""`logloop ci pause`, `logloop ci resume` and `logloop ci status`: the kill switch."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from logloop.cli.command import command, open_admin_client, open_client
from logloop.cli.options import AsJson, Project
from logloop.cli.output import print_json, print_records, write

Everything = Annotated[
    bool, typer.Option("--everything", help="The whole installation instead of a project; for admins.")
]


@command
def pause(
    everything: Everything = False,
    reason: Annotated[str, typer.Option(help="Why, for those who find it paused.")] = "",
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Stop all rules and dispatches at once.

    No rule fires and nothing is sent to GitHub until `logloop ci resume`. Dispatches that wait are sent then.
    """
    _switch("PUT", everything, project, as_json=as_json, reason=reason)


@command
def resume(everything: Everything = False, project: Project = None, as_json: AsJson = False) -> None:
    """Let rules fire and dispatches go out again."""
    _switch("DELETE", everything, project, as_json=as_json)


@command
def status(everything: Everything = False, project: Project = None, as_json: AsJson = False) -> None:
    """Show whether rules and dispatches are paused, by whom and why."""
    _switch("GET", everything, project, as_json=as_json)


def _switch(method: str, everything: bool, project: str | None, *, as_json: bool, **fields: Any) -> None:
    with open_admin_client() if everything else open_client(project) as client:
        scope = {} if everything else {"project_id": client.connection.require_project()}
        sent = {"body": {**scope, **fields}} if method == "PUT" else {"params": scope}
        found = client.request(method, "/ci/pause", **sent)
    if as_json:
        print_json(found)
        return
    held = [{"state": "paused", "scope": name, **found[name]} for name in ("everything", "project") if found[name]]
    print_records(held, ["state", "scope", "by", "at", "reason"])
    if not held:
        write("running")
