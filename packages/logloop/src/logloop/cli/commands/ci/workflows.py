"""`logloop ci lint`, `rules sync` and `when`: workflow files that state their own conditions."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, command, open_client
from logloop.cli.options import AsJson, Project
from logloop.cli.output import print_json, print_records, say, visible, write
from logloop.errors import LogloopError

_NEEDS_EXTRA = "this needs more packages: pip install 'logloop[lint]'"
Paths = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PATH", help="Workflow files, folders of them, or checkouts (default: this folder)."),
]
Repository = Annotated[
    str | None, typer.Option(metavar="OWNER/NAME", help="Repository of the files (default: the remote `origin`).")
]


@command
def lint(
    paths: Paths = None,
    repository: Repository = None,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask the platform.")] = False,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Check workflow files: one line for each violation, as file:line:column.

    Checks the LOGLOOP_ entries and their CEL conditions; event types, payload and rules against the platform, if it
    can be reached; and template injection with zizmor. Exits with 6 if there is a violation.
    """
    from logloop.workflows.checkout import workflow_files
    from logloop.workflows.lint import lint as check

    files = workflow_files(paths or [Path()])
    if not files:
        raise CommandExit(exit_codes.NOTHING_FOUND, "no workflow files found")
    client, note = (None, None) if offline else _client(project)
    try:
        with client or nullcontext():
            result = check(files, client, repository)
    except ImportError as error:
        raise CommandExit(exit_codes.USAGE, _NEEDS_EXTRA) from error
    notes = [*([note] if note else []), *result.notes]
    found = sorted(result.findings)
    if as_json:
        print_json({"files": len(files), "violations": [_fields(item) for item in found], "notes": notes})
    else:
        for item in found:
            write(visible(str(item), one_line=True))
        for text in notes:
            say(f"logloop: {text}")
    if found:
        raise CommandExit(exit_codes.REFUSED)


def _fields(item: Any) -> dict[str, Any]:
    return {name: getattr(item, name) for name in ("path", "line", "column", "message")}


def _client(project: str | None) -> tuple[Any, str | None]:
    """Return a client, or None and why there is none."""
    try:
        return open_client(project, retry_for=0), None
    except LogloopError as error:
        return None, f"not compared with pipelines and templates: {error}"


@command
def sync(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A checkout, or its folder of workflow files.")],
    repository: Repository = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Make the rules of a repository those that its workflow files state.

    For repositories that Logloop cannot read. Files with violations keep their earlier rules; exits with 6 then.
    """
    from logloop.workflows.checkout import FOLDER, commit_of, repository_of, workflow_files

    if not path.is_dir():
        raise CommandExit(
            exit_codes.USAGE, f"{path} is not a folder; all workflow files of a repository belong together"
        )
    name = repository or repository_of(path)
    if name is None:
        raise CommandExit(exit_codes.USAGE, "name the repository: --repository owner/name")
    files = [
        {"path": (FOLDER / file.name).as_posix(), "text": file.read_text("utf-8", "replace")}
        for file in workflow_files([path])
    ]
    with open_client(project) as client:
        body: dict[str, Any] = {"project_id": client.connection.require_project(), "repository": name, "files": files}
        if dry_run:
            found = client.request("POST", "/ci/workflows/check", body=body)
        else:
            found = client.request("PUT", "/ci/workflows", body={**body, "commit": commit_of(path)})
    if as_json:
        print_json(found)
    else:
        _print_changes(found, dry_run=dry_run)
    if found["violations"]:
        raise CommandExit(exit_codes.REFUSED)


def _print_changes(found: dict[str, Any], *, dry_run: bool) -> None:
    kinds = ("created", "changed", "removed", "kept")
    rows = [
        {"change": f"would be {kind}" if dry_run and kind != "kept" else kind, "rule": name}
        for kind in kinds
        for name in found[kind]
    ]
    print_records(rows, ["change", "rule"])
    for item in found["violations"]:
        write(visible("{path}:{line}:{column}: {message}".format(**item), one_line=True))
    if not rows and not found["violations"]:
        say("the workflow files state no conditions")


@command
def when(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A workflow file with conditions.")],
    since: Annotated[str, typer.Option(help="Start of the time range: 15m, 2h, 7d (ago) or RFC 3339.")] = "24h",
    until: Annotated[str, typer.Option(help="End of the time range, exclusive.")] = "now",
    dispatch: Annotated[bool, typer.Option("--dispatch", help="Start the workflow if its condition holds.")] = False,
    run: Annotated[
        str | None, typer.Option("--run", metavar="RUN", help="Evaluate LOGLOOP_ON_RESULT on this run instead.")
    ] = None,
    repository: Repository = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Evaluate the condition of a workflow file on stored logs, and show which parts hold.

    With --run, evaluate its conditions on the results of runs instead, and start nothing. Exits with 0 if one holds
    (and the workflow was started), 1 if none holds, and 6 if the file cannot be used.
    """
    from logloop.workflows.checkout import repository_of

    if run is not None:
        if dispatch:
            raise CommandExit(exit_codes.USAGE, "--run starts nothing; leave out --dispatch")
        _when_on_run(file, run, project, as_json=as_json)
        return
    body: dict[str, Any] = {
        "repository": repository or repository_of(file),
        "file": {"path": str(file), "text": file.read_text("utf-8", "replace")},
        "since": since,
        "until": until,
    }
    with open_client(project) as client:
        own = {"project_id": client.connection.require_project()}
        found = client.request("POST", "/ci/workflows/when", body={**own, **body})
        holds = found["evaluation"]["holds"]
        if dispatch and holds and found["pipeline_id"] and not found["violations"]:
            chosen = {name: found[name] for name in ("template_id", "values")}
            found["dispatch"] = client.dispatch(found["pipeline_id"], **chosen)
    if as_json:
        print_json(found)
    else:
        _print_evaluation(found)
    if dispatch and holds and "dispatch" not in found:
        raise CommandExit(exit_codes.REFUSED, "not started: no pipeline of the project can start this file")
    if not holds:
        raise CommandExit(exit_codes.NOTHING_FOUND)


def _print_evaluation(found: dict[str, Any]) -> None:
    evaluation = found["evaluation"]
    parts = [
        {
            "holds": "yes" if part["holds"] else "no",
            "logs": part["logs"],
            "clause": part["text"],
            "error": part["error"],
        }
        for part in evaluation["parts"]
    ]
    print_records(parts, ["holds", "logs", "clause", "error"])
    for item in found["violations"]:
        say("{path}:{line}:{column}: {message}".format(**item))
    read = f"{evaluation['matched']} of {evaluation['logs_read']} logs fulfil every clause about a log"
    say(f"holds at {evaluation['at']}: {evaluation['message']}" if evaluation["holds"] else f"does not hold: {read}")
    if "dispatch" in found:
        say(f"started: dispatch {found['dispatch']['id']}")


def _when_on_run(file: Path, run_id: str, project: str | None, *, as_json: bool) -> None:
    """Evaluate the conditions of a file on a run."""
    body = {"file": {"path": str(file), "text": file.read_text("utf-8", "replace")}}
    with open_client(project) as client:
        own = {"project_id": client.connection.require_project()}
        found = client.request("POST", f"/ci/runs/{quote(run_id, safe='')}/evaluate", params=own, body=body)
    if as_json:
        print_json(found)
    else:
        _print_reactions(found)
    if found["violations"]:
        raise CommandExit(exit_codes.REFUSED)
    if not any(item["holds"] for item in found["conditions"]):
        raise CommandExit(exit_codes.NOTHING_FOUND)


def _print_reactions(found: dict[str, Any]) -> None:
    rows = [
        {
            "line": item["line"],
            "holds": "yes" if part["holds"] else "no",
            "clause": part["text"],
            "values": ", ".join(f"{name} = {value}" for name, value in part["values"].items()),
            "error": part["error"],
        }
        for item in found["conditions"]
        for part in item["parts"]
    ]
    print_records(rows, ["line", "holds", "clause", "values", "error"])
    for item in found["violations"]:
        say("{path}:{line}:{column}: {message}".format(**item))
    for item in found["conditions"]:
        blocked = f", but the gate {item['gate']} is closed" if item["gate"] else ""
        would = f"would start {item['starts']}{blocked}" if item["holds"] else "does not hold"
        say(f"line {item['line']}: {would}")
    if not found["conditions"]:
        say("the file has no valid condition on runs")
    if not found["same_workflow"]:
        say("the run is of another workflow, whose results this file ignores")
