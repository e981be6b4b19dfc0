"""`logloop test list` and `flaky`: the tests of a project."""

from __future__ import annotations

from typing import Annotated

import typer

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, command, open_client
from logloop.cli.commands.tests.options import project_params
from logloop.cli.options import AsJson, Project
from logloop.cli.output import print_json, print_records, say
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
    params = {**project_params(project), "service_id": service, "last_status": status}
    show_list("/tests", columns, number, params, as_json=as_json)


@command
def flaky(
    since: Annotated[str, typer.Option(help="Start of the time range: 24h, 14d (ago) or RFC 3339.")] = "14d",
    number: Number = 100,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """List tests that pass and fail although nothing has changed, the flakiest first.

    One commit both passed and failed, or the test changed between passing and failing at least 3 times.
    """
    with open_client(project) as client:
        params = {"project_id": client.connection.require_project(), "since": since}
        found = client.request("GET", "/flaky-tests", params=params)
    found["items"] = found["items"][:number]
    if as_json:
        print_json(found)
    else:
        columns = ["test_id", "flakiness", "flips", "failures", "runs", "same_commit", "last_failure_at", "owner"]
        print_records(found["items"], [*columns, "quarantined_until"])
        if found["partial"]:
            say(f"logloop: only the newest {found['outcomes_read']} outcomes were read; use a shorter --since")
    if not found["items"]:
        raise CommandExit(exit_codes.NOTHING_FOUND, None if as_json else "no flaky tests found")
