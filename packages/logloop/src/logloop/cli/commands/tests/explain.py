"""`logloop test diff`, `explain` and `generate`: what failed tests did differently, and checks made from it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, command, open_client
from logloop.cli.options import AsJson, Project
from logloop.cli.output import SEVERITY_STYLES, console, print_json, say, visible

if TYPE_CHECKING:
    from rich.text import Text

    from logloop.api.client import Client

_FOLD_AT = 5
"""Equal lines in a row that are shown as one; the two around a difference stay."""
_AROUND = 2
_SIGNS = {"same": " ", "value": "~", "new": "+", "missing": "-", "varies": " ", "report": " "}
_STYLES = {"value": "yellow", "new": "red", "missing": "cyan"}
_VERDICTS = {
    "infrastructure": "bold magenta",
    "flaky": "bold yellow",
    "regressed": "bold red",
    "passed": "bold green",
}

TestId = Annotated[str, typer.Argument(metavar="TEST", help="Id of the test, such as tests/test_pay.py::test_card.")]
RunId = Annotated[
    str | None,
    typer.Option("--run-id", metavar="ID", help="Id of the run, as reported (default: the newest failed run)."),
]


@command
def diff(test: TestId, run_id: RunId = None, project: Project = None, as_json: AsJson = False) -> None:
    """Compare a failed test with its last green runs, line by line.

    Exits with 1 if the test did not fail in that run.
    """
    with open_client(project) as client:
        found = _comparison(client, test, run_id)
    if as_json:
        print_json(found)
    else:
        _print_comparison(found)
    if found["verdict"]["kind"] == "passed":
        raise CommandExit(exit_codes.NOTHING_FOUND)


@command
def explain(run_id: RunId = None, project: Project = None, as_json: AsJson = False) -> None:
    """Group the failures of a run by their cause, and say of each what kind of failure it is.

    Exits with 1 if no test failed in that run.
    """
    with open_client(project) as client:
        project_id = client.connection.require_project()
        run = _run(client, project_id, run_id)
        path = f"/analyzer/test-runs/{run['id']}/failures"
        found = client.request("GET", path, params={"project_id": project_id})
    if as_json:
        print_json(found)
    else:
        _print_groups(found)
    if not found["groups"]:
        raise CommandExit(exit_codes.NOTHING_FOUND)


@command
def generate(
    test: TestId,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="File or folder to write to (default: print the file).", show_default=False),
    ] = None,
    run_id: RunId = None,
    project: Project = None,
) -> None:
    """Write a pytest file that checks the logs of a test: it fails on the failed run and passes on the green ones.

    Exits with 1 if no such check can be offered.
    """
    with open_client(project) as client:
        found = _comparison(client, test, run_id)
    generated = found["generated"]
    if generated is None:
        raise CommandExit(exit_codes.NOTHING_FOUND, f"no check is offered: {found['not_generated']}")
    for violation in generated["violations"]:
        say(f"fails on run {found['subject']['run_id']}: {visible(violation, one_line=True)}")
    say(f"passes on {generated['green_runs']} green runs")
    if out is None:
        sys.stdout.write(generated["code"])
        return
    path = out / generated["file_name"] if out.is_dir() else out
    if path.exists():
        raise CommandExit(exit_codes.USAGE, f"{path} exists; name another file or remove it")
    path.write_text(generated["code"], encoding="utf-8")
    say(f"wrote {path}; run it together with the test: pytest --logloop <tests> {path}")


def _comparison(client: Client, test: str, run_id: str | None) -> dict[str, Any]:
    project_id = client.connection.require_project()
    params = {"project_id": project_id, "test_id": test}
    if run_id is not None:
        params["test_run_id"] = _run(client, project_id, run_id)["id"]
    found: dict[str, Any] = client.request("GET", "/analyzer/test-comparison", params=params)
    return found


def _run(client: Client, project_id: str, run_id: str | None) -> dict[str, Any]:
    """Return the newest run with an id as reported; without one, the newest run with failures."""
    wanted = {"failed": True} if run_id is None else {"run_id": run_id}
    params = {"project_id": project_id, "limit": 1, **wanted}
    runs: list[dict[str, Any]] = client.request("GET", "/test-runs", params=params)["items"]
    if runs:
        return runs[0]
    missing = "no run has failures" if run_id is None else f"there is no run {run_id!r}"
    raise CommandExit(exit_codes.NOTHING_FOUND, f"{missing}; the page Tests lists the runs")


def _print_groups(found: dict[str, Any]) -> None:
    from rich.text import Text

    out = console()
    commit = f", commit {found['commit'][:10]}" if found["commit"] else ""
    out.print(
        Text(f"run {visible(found['run_id'], one_line=True)}{commit}: {found['failed']} of {found['decided']} failed")
    )
    for group in found["groups"]:
        tests = group["tests"]
        number = "1 test" if len(tests) == 1 else f"one cause, {len(tests)} tests"
        out.print(Text.assemble("\n", _kind(group["verdict"]), f"  {number}"))
        out.print(Text(f"  {visible(group['signature']['title'], one_line=True)}"))
        out.print(Text(f"  {_why(group['verdict'])}", style="dim"))
        for test in tests:
            out.print(Text(f"    {visible(test, one_line=True)}"))


def _print_comparison(found: dict[str, Any]) -> None:
    from rich.text import Text

    out, subject, verdict = console(), found["subject"], found["verdict"]
    out.print(Text.assemble(_kind(verdict), f"  {visible(found['test_id'], one_line=True)}  run {subject['run_id']}"))
    out.print(Text(_why(verdict), style="dim"))
    if found["first_difference"]:
        out.print(Text(visible(found["first_difference"]["text"], one_line=True)))
    if not found["greens"]:
        out.print(Text(f"nothing to compare with: {found['not_generated']}"))
    else:
        out.print(Text(f"\n- {found['greens'][0]['run_id']}, green ({len(found['greens'])} green runs compared)"))
        out.print(Text(f"+ {subject['run_id']}\n"))
    for row in _folded(found["rows"]):
        out.print(row if isinstance(row, str) else _row(row), soft_wrap=True)


def _folded(rows: list[dict[str, Any]]) -> list[dict[str, Any] | str]:
    """Replace long series of equal lines by a line that counts them."""
    shown: list[dict[str, Any] | str] = []
    start = 0
    while start < len(rows):
        end = start
        while end < len(rows) and rows[end]["mark"] not in _STYLES:
            end += 1
        head, tail = (0 if start == 0 else _AROUND), (0 if end == len(rows) else _AROUND)
        if end - start - head - tail >= _FOLD_AT:
            shown += rows[start : start + head]
            shown.append(f"    … {end - start - head - tail} equal lines")
            shown += rows[end - tail : end]
        else:
            shown += rows[start:end]
        shown += rows[end : end + 1]
        start = end + 1
    return shown


def _row(row: dict[str, Any]) -> Text:
    from rich.text import Text

    line = row["run"] or row["green"]
    mark = row["mark"]
    text = Text(f"{_SIGNS[mark]} ", style=_STYLES.get(mark, ""))
    text.append(f"{line['service_id']} ", style="dim")
    text.append(f"{line['severity']} ", style=SEVERITY_STYLES.get(line["severity"], ""))
    first, *rest = visible(line["message"]).split("\n", 1)
    text.append(
        first + (" …" if rest else ""), style=_STYLES.get(mark, "dim" if mark in {"varies", "report"} else "")
    )
    if mark == "value" and row["green"]:
        text.append(f"   (green: {visible(row['green']['message'], one_line=True)})", style="dim")
    return text


def _kind(verdict: dict[str, Any]) -> tuple[str, str]:
    return verdict["kind"], _VERDICTS.get(verdict["kind"], "bold")


def _why(verdict: dict[str, Any]) -> str:
    settle = f" To settle it, {verdict['settle']}." if verdict["settle"] else ""
    return visible(f"{verdict['reason']}.{settle}", one_line=True)
