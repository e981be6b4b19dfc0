"""`logloop test list`: the tests of a project."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from logloop.cli.command import command, open_client
from logloop.cli.options import AsJson, Project
from logloop.cli.record_commands import Number, show_list

Service = Annotated[
    str | None, typer.Option("--service", "-s", metavar="ID", help="Only tests of this service (default: all).")
]


@command
def list_tests(
    service: Service = None,
    status: Annotated[
        str | None,
        typer.Option(
            metavar="OUTCOME",
            help="Only tests whose last outcome is passed, failed, skipped, error, xfailed or xpassed.",
        ),
    ] = None,
    number: Number = 100,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """List the tests of a project with their last outcome."""
    columns = ["test_id", "last_status", "runs", "last_run_at", "owner", "quarantined_until"]
    params = {**_project_params(project), "service_id": service, "last_status": status}
    show_list("/tests", columns, number, params, as_json=as_json)


def _project_params(project: str | None) -> dict[str, Any]:
    with open_client(project) as client:
        return {"project_id": client.connection.require_project()}
