"""`logloop ci`: starts workflows, shows dispatches and runs, manages rules, templates and pipelines."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any
from urllib.parse import quote

import typer

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, command, open_client
from logloop.cli.commands.ci import approvals, emulate, notify, pause, templates, workflows
from logloop.cli.commands.ci.generate import generate
from logloop.cli.options import AsJson, Project, Query, joined
from logloop.cli.output import print_json, print_logs, print_records, say
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

app = typer.Typer(help="Start workflows and manage CI rules.", no_args_is_help=True)
rules = record_group(RecordCommands("/ci/rules", "rule", ["id", "name", "on", "enabled", "condition"], replaces=True))
runs = typer.Typer(help="Show workflow runs.", no_args_is_help=True)
app.add_typer(rules, name="rules")
app.add_typer(templates.templates, name="templates")
app.add_typer(
    record_group(
        RecordCommands("/ci/pipelines", "pipeline", ["id", "name", "service_id", "repository", "mode"], replaces=True)
    ),
    name="pipelines",
)
app.add_typer(
    record_group(RecordCommands("/ci/matchers", "matcher", ["id", "name", "file"], replaces=True)), name="matchers"
)
app.add_typer(notify.receivers, name="receivers")
app.add_typer(runs, name="runs")
app.command("lint")(workflows.lint)
app.command("when")(workflows.when)
rules.command("sync")(workflows.sync)
app.command("pause")(pause.pause)
app.command("resume")(pause.resume)
app.command("status")(pause.status)
app.add_typer(approvals.app, name="approvals")
app.command("emulate")(emulate.emulate)


@app.command("dispatch")
@command
def dispatch(
    pipeline: Annotated[str, typer.Argument(metavar="PIPELINE", help="service/name, name or id of the pipeline.")],
    template: Annotated[
        str | None, typer.Option(help="Id of the event template for the payload (default: the pipeline's).")
    ] = None,
    data: Data = None,
    set_: Set = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Start a workflow now.

    --data and --set fill in the template's fields. Without GitHub credentials the dispatch is only recorded; see
    `logloop ci dispatches`.
    """
    body: dict[str, Any] = {"values": read_fields(data, set_)}
    if template:
        body["template_id"] = template
    with open_client(project) as client:
        show_record(client.dispatch(pipeline=pipeline, **body), as_json=as_json)


app.command("generate")(generate)
app.command("notifications")(notify.notifications)
app.command("retry-notification")(notify.retry)


@app.command("dispatches")
@command
def dispatches(number: Number = 50, project: Project = None, as_json: AsJson = False) -> None:
    """List dispatches to GitHub, newest first."""
    columns = ["id", "state", "repository", "event_type", "rule_name", "created_at", "waits_for"]
    show_list("/ci/dispatches", columns, number, _project_params(project), as_json=as_json)


@rules.command("check")
@command
def check(data: Data = None, set_: Set = None, project: Project = None, as_json: AsJson = False) -> None:
    """Validate a rule without saving it."""
    with open_client(project) as client:
        body = {"project_id": client.connection.require_project(), **read_fields(data, set_)}
        found = client.request("POST", "/ci/rules/check", body=body)
    show_record(found, as_json=as_json)
    if not found.get("valid"):
        raise CommandExit(exit_codes.REFUSED)


@rules.command("back-test")
@command
def back_test(
    rule_id: Id,
    since: Annotated[str, typer.Option(help="Start of the time range: 15m, 2h, 7d (ago) or RFC 3339.")] = "24h",
    until: Annotated[str, typer.Option(help="End of the time range, exclusive.")] = "now",
    as_json: AsJson = False,
) -> None:
    """Show when a rule would have fired."""
    with open_client() as client:
        found = client.request(
            "POST", f"/ci/rules/{_quoted(rule_id)}/back-test", body={"since": since, "until": until}
        )
    if as_json:
        print_json(found)
        return
    print_records(found["would_fire"], ["at", "service_id", "log_id", "message"])
    times = len(found["would_fire"])
    say(
        f"would have fired {times} {'time' if times == 1 else 'times'}: "
        f"{found['matched']} of {found['logs_read']} logs matched"
    )


@runs.command("list")
@command
def list_runs(number: Number = 50, project: Project = None, as_json: AsJson = False) -> None:
    """List workflow runs, newest first."""
    columns = ["run_id", "status", "conclusion", "repository", "workflow", "url"]
    show_list("/ci/runs", columns, number, _project_params(project), as_json=as_json)


@runs.command("show")
@command
def show_run(run_id: Id, project: Project = None, as_json: AsJson = False) -> None:
    """Show a workflow run."""
    with open_client() as client:
        found = client.request("GET", f"/ci/runs/{_quoted(run_id)}", params=_project_params(project))
    show_record(found, as_json=as_json)


@runs.command("cancel")
@command
def cancel_run(run_id: Id, project: Project = None, as_json: AsJson = False) -> None:
    """Ask GitHub to cancel a workflow run."""
    with open_client() as client:
        found = client.request("POST", f"/ci/runs/{_quoted(run_id)}/cancel", params=_project_params(project))
    show_record(found, as_json=as_json)


@runs.command("logs")
@command
def run_logs(
    run_id: Id, query: Query = None, number: Number = 1_000, project: Project = None, as_json: AsJson = False
) -> None:
    """Show the output of a workflow run, or the lines that match a query."""
    params = {**_project_params(project), "q": joined(query) or None, "limit": min(number, 1_000)}
    with open_client() as client:
        items = client.list(f"/ci/runs/{_quoted(run_id)}/logs", **params)
        found = list(islice(items, number))
    if as_json:
        print_json({"items": found})
        return
    from logloop.api.results import StoredLog

    print_logs([StoredLog.model_validate(item) for item in found])


def _quoted(record_id: str) -> str:
    return quote(record_id, safe="")


def _project_params(project: str | None) -> dict[str, Any]:
    with open_client(project) as client:
        return {"project_id": client.connection.require_project()}
