"""`logloop test quarantine`: tests that may fail for a while, and a check that only they failed."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, command, open_client
from logloop.cli.commands.tests.options import Format, counted, project_params, read_results
from logloop.cli.options import AsJson, Project
from logloop.cli.output import print_json, print_records, say
from logloop.cli.record_commands import Number, show_list, show_record

if TYPE_CHECKING:
    from logloop.api.client import Client

FAILING = ("failed", "error")
POLL_SECONDS = 0.5
_AHEAD = re.compile(r"(\d{1,4})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
app = typer.Typer(help="Keep tests that may fail from failing a run.")
Test = Annotated[str, typer.Argument(metavar="TEST", help="Id of the test, as `logloop test list` shows it.")]


@app.callback(invoke_without_command=True)
def quarantine(context: typer.Context) -> None:
    """List the tests in quarantine, or change them. A test in quarantine may fail for a while."""
    if context.invoked_subcommand is None:
        list_()


@app.command("list")
@command
def list_(number: Number = 100, project: Project = None, as_json: AsJson = False) -> None:
    """List the tests in quarantine."""
    columns = ["test_id", "quarantined_until", "quarantine_reason", "owner", "last_status"]
    show_list("/tests", columns, number, {**project_params(project), "quarantined": True}, as_json=as_json)


@app.command("add")
@command
def add(
    test: Test,
    reason: Annotated[str, typer.Option(help="Why it may fail, such as the issue that will repair it.")],
    until: Annotated[str, typer.Option(help="End: 12h, 14d or 2w from now, or RFC 3339; at most 90 days.")] = "14d",
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Put a test in quarantine. It ends by itself."""
    body = {"quarantined_until": _ahead(until), "quarantine_reason": reason}
    show_record(_change(test, body, project), as_json=as_json)


@app.command("remove")
@command
def remove(test: Test, project: Project = None, as_json: AsJson = False) -> None:
    """End the quarantine of a test."""
    changed = _change(test, {"quarantined_until": None}, project)
    if as_json:
        print_json(changed)
    else:
        say(f"{test} is no longer in quarantine")


@app.command("check")
@command
def check(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE", help="Results of the run.")] = None,
    format_name: Format = None,
    run_id: Annotated[
        str | None, typer.Option(metavar="ID", help="A reported run instead of files (default: LOGLOOP_RUN_ID).")
    ] = None,
    wait: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How long to wait for the end of a reported run.")
    ] = 60.0,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Exit with 0 if only tests in quarantine failed, else with 1.

    Reads the results from files or from a reported run. A test that failed and then passed in a retry did not fail.
    """
    run_id = run_id or os.environ.get("LOGLOOP_RUN_ID")
    failing: dict[str, str] = {}
    if files:
        _, results, _ = read_results(files, format_name)
        found = [result for file in results for result in file.results]
        failing |= {result.test_id: result.outcome for result in found if result.fails}
        total = len(found)
    elif run_id is None:
        raise CommandExit(exit_codes.USAGE, "name files of results or a run (--run-id or LOGLOOP_RUN_ID)")
    with open_client(project) as client:
        params = {"project_id": client.connection.require_project()}
        if not files:
            failing, total = _of_run(client, params, run_id or "", wait)
        known = {item["test_id"]: item for item in client.list("/tests", limit=1000, quarantined=True, **params)}
    _judge(failing, total, known, as_json=as_json)


def _of_run(client: Client, params: Mapping[str, str], run_id: str, wait: float) -> tuple[dict[str, str], int]:
    """Return the failing tests of a reported run with their outcomes, and its number of outcomes.

    Waits until all that the reporter counted is stored. Exits with NOTHING_FOUND when that does not happen in time.
    """
    end = time.monotonic() + wait
    while True:
        runs = list(client.list("/test-runs", run_id=run_id, **params))
        if runs and all(_is_complete(run) for run in runs):
            break
        if time.monotonic() >= end:
            said = "is not complete" if runs else "is not known"
            raise CommandExit(exit_codes.NOTHING_FOUND, f"run {run_id} {said} after {wait:g} s; see what it printed")
        time.sleep(POLL_SECONDS)
    failing = {
        item["test_id"]: item["outcome"]
        for run in runs
        for outcome in FAILING
        for item in _outcomes(client, run["id"], outcome)
        if not item["retried"]
    }
    return failing, sum(sum(run["counts"].values()) for run in runs)


def _is_complete(run: Mapping[str, Any]) -> bool:
    if run["source"] == "ci":
        return True
    return run["finished_at"] is not None and sum(run["counts"].values()) >= (run["reported"] or 0)


def _outcomes(client: Client, record_id: str, outcome: str) -> Iterable[dict[str, Any]]:
    cursor: str | None = None
    while True:
        params = {"outcome": outcome, "limit": 1000, "cursor": cursor}
        page = client.request("GET", f"/test-runs/{record_id}", params=params)["outcomes"]
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def _judge(failing: Mapping[str, str], total: int, known: Mapping[str, Mapping[str, Any]], *, as_json: bool) -> None:
    """Print which failures are tolerated, and exit with NOTHING_FOUND if others are left."""
    rows = [
        {
            "verdict": "tolerated" if test_id in known else "failing",
            "test_id": test_id,
            "outcome": outcome,
            "quarantined_until": known.get(test_id, {}).get("quarantined_until"),
            "quarantine_reason": known.get(test_id, {}).get("quarantine_reason"),
        }
        for test_id, outcome in sorted(failing.items())
    ]
    others = sum(row["verdict"] == "failing" for row in rows)
    if as_json:
        print_json({"ok": bool(total) and not others, "results": total, "items": rows})
    else:
        print_records(rows, ["verdict", "test_id", "outcome", "quarantined_until", "quarantine_reason"])
    if not total:
        raise CommandExit(exit_codes.NOTHING_FOUND, "there are no results, so nothing shows that the tests passed")
    if others:
        raise CommandExit(exit_codes.NOTHING_FOUND, f"{counted(others, 'failing test')} not in quarantine")
    if not as_json:
        say(f"{counted(len(rows), 'failing test')}, all in quarantine" if rows else "no test failed")


def _change(test: str, body: Mapping[str, Any], project: str | None) -> Any:
    with open_client(project) as client:
        params = {"project_id": client.connection.require_project()}
        return client.request("PATCH", f"/tests/{quote(test, safe='')}", params=params, body=body)


def _ahead(text: str) -> str:
    found = _AHEAD.fullmatch(text.strip())
    if found:
        return (datetime.now(UTC) + int(found[1]) * _UNITS[found[2]]).isoformat()
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise CommandExit(
            exit_codes.USAGE, f"--until {text!r} is not a time; use 12h, 14d, 2w or RFC 3339"
        ) from error
    return moment.astimezone(UTC).isoformat()
