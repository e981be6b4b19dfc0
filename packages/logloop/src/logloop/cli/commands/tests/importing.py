"""`logloop test import`: reports the results in files of other test runners."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, command
from logloop.cli.commands.tests.options import Environment, Format, Service, Shard, counted, read_results
from logloop.cli.options import AsJson, Project, RetryFor
from logloop.cli.output import print_json, say
from logloop.errors import describe_violation

if TYPE_CHECKING:
    from logloop.results.model import Results


@command
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files of one run, at most 64 MiB each.")],
    format_name: Format = None,
    run_id: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Id of the run (default: from the content, so that a repeat adds nothing)."),
    ] = None,
    service: Service = None,
    commit: Annotated[
        str | None, typer.Option(help="Tested commit (default: that of the workflow, else of git here).")
    ] = None,
    branch: Annotated[str | None, typer.Option(help="Its branch (default: as for --commit).")] = None,
    environment: Environment = None,
    shard: Shard = None,
    project: Project = None,
    retry_for: RetryFor = 60.0,
    as_json: AsJson = False,
) -> None:
    """Report the results in files: JUnit XML, TAP, go test -json, or the JSON of jest and vitest.

    The files are one run. Importing them again adds nothing.
    """
    from logloop.api.client import Client
    from logloop.results.entries import ImportedRun, run_id_of
    from logloop.results.sending import send_results
    from logloop.run_facts import run_attributes

    contents, results, at = read_results(files, format_name)
    given = {"commit": commit, "branch": branch, "environment": environment, "shard": shard}
    names = " ".join(str(path) for path in files)
    facts = run_attributes(Path.cwd(), given)
    run = ImportedRun(run_id or run_id_of(contents), at, f"logloop test import {names}", facts)
    with Client(project=project, service=service, retry_for=retry_for, timeout=30) as client:
        sent = send_results(client, results, run)
    report(run.run_id, results, sent.accepted, [entry.errors for entry in sent.rejected], as_json=as_json)
    if sent.rejected:
        raise CommandExit(exit_codes.PARTIAL)
    if not any(file.results for file in results):
        raise CommandExit(exit_codes.NOTHING_FOUND, None if as_json else "the files hold no results")


def report(run_id: str, files: list[Results], sent: int, rejected: list[Any], *, as_json: bool = False) -> None:
    """Print what was sent: JSON on stdout, or a line on stderr."""
    counts = Counter(result.outcome for file in files for result in file.results)
    if as_json:
        print_json({"run_id": run_id, "counts": dict(counts), "sent": sent, "rejected": rejected})
        return
    found = ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items())) or "no results"
    say(f"run {run_id}: {found}; {counted(sent, 'log')} sent")
    for errors in rejected[:5]:
        say("  rejected: " + "; ".join(map(describe_violation, errors)))
