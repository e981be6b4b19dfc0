"""`logloop analyze`: requests an analysis of logs and prints its report with the cited lines.

`logloop analyze grade` grades the analyzer that is installed on this machine.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, command, open_client
from logloop.cli.options import AsJson, Project, Query, Since, Until, joined
from logloop.cli.output import console, print_json, say, visible

if TYPE_CHECKING:
    from rich.text import Text

    from logloop.api.client import Client
    from logloop.api.results import Analysis, Scope
    from logloop.connection import Connection

MAX_CITATIONS = 3
"""Citations printed per claim; the page and --json have all of them."""
_STEPS = {"broken_step": "broken step", "slow_step": "slow step"}
"""Findings whose title holds the counts."""

_QUERY = " "
"""Name of the command that takes a query; it is not typed."""


class _QueryOrCommand(TyperGroup):
    """Takes the arguments as a query unless the first one names a command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert the name of the command that takes a query."""
        known = bool(args) and args[0] in self.commands
        return super().parse_args(ctx, args if known else [_QUERY, *args])


app = typer.Typer(cls=_QueryOrCommand, help="Analyse the logs that match and explain them.")


@app.command(_QUERY)
@command
def analyze(
    query: Query = None,
    question: Annotated[
        str | None, typer.Option("--question", "-q", help="Question for the analysis to answer.")
    ] = None,
    since: Since = "1h",
    until: Until = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the report, or just print the id.")] = True,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Analyse the logs that match and explain them.

    Progress goes to stderr, the report with its cited lines to stdout. `logloop analyze grade` is another command: it
    shows how good the reports are on generated incidents. To analyse logs with that word, quote it: '"grade"'.
    """
    scope: Scope = {}
    if since:
        scope["since"] = since
    if until:
        scope["until"] = until
    with open_client(project) as client:
        requested = client.analyze(joined(query), question=question, **scope)
        if not wait:
            print_json({"id": requested.id, "status": requested.status}) if as_json else sys.stdout.write(
                requested.id + "\n"
            )
            return
        _show_progress(client, requested.id, quiet=as_json)
        done = client.wait_for_analysis(requested.id)
    if as_json:
        print_json(done)
    elif done.report:
        print_report(done, client.connection)
    if done.status != "completed":
        raise CommandExit(exit_codes.FAILED, _failure_text(done))
    if done.report and done.report.get("verdict") == "insufficient" and not done.report.get("findings"):
        raise CommandExit(exit_codes.NOTHING_FOUND)


@app.command(
    "grade",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False},
)
@command
def grade(ctx: typer.Context) -> None:
    """Grade the analyzer of this machine on generated incidents; --help lists the options."""
    if find_spec("logloop_analyzer") is None:
        raise CommandExit(exit_codes.USAGE, "the analyzer is not installed here: pip install 'logloop[local]'")
    program = [sys.executable, "-m", "logloop_analyzer.grading", *ctx.args]
    raise CommandExit(subprocess.run(program, check=False).returncode)  # noqa: S603  # as `logloop up` runs it


def _failure_text(done: Analysis) -> str:
    failure = (done.model_extra or {}).get("failure") or {}
    provider = f" Provider message: {failure['provider_message']}" if failure.get("provider_message") else ""
    return f"analysis {done.status}: {failure.get('detail') or 'no reason given'}{provider}"


def _show_progress(client: Client, analysis_id: str, *, quiet: bool) -> None:
    for event in client.follow_analysis(analysis_id):
        step = event.json()
        if quiet or event.event != "progress":
            continue
        if step.get("stage") == "answering":
            sys.stderr.write(visible(str(step.get("text") or "")))
            sys.stderr.flush()
        elif step.get("finding"):
            say("  finding: " + visible(str(step["finding"].get("title")), one_line=True))
        elif step.get("text"):
            say(f"… {step['text']}")


def print_report(done: Analysis, connection: Connection) -> None:
    """Print the report: verdict, summary, claims with their cited lines, findings and next steps."""
    from rich.text import Text

    report = done.report or {}
    out = console()
    style = {"confirmed": "bold green", "likely": "bold yellow"}.get(str(report.get("verdict")), "bold")
    out.print(
        Text.assemble((f"{report.get('verdict')}: ", style), visible(str(report.get("summary", "")), one_line=True))
    )
    if report.get("degraded_reason"):
        out.print(Text(f"(without a model: {visible(str(report['degraded_reason']))})", style="dim"))
    lines = {line["log_id"]: line for line in report.get("evidence", [])}
    for claim in report.get("claims", []):
        out.print(Text(f"\n• {visible(str(claim['text']), one_line=True)}"))
        cited = claim.get("citations", [])
        for log_id in cited[:MAX_CITATIONS]:
            out.print(_citation(log_id, lines.get(log_id), connection))
        if len(cited) > MAX_CITATIONS:
            out.print(Text(f"    and {len(cited) - MAX_CITATIONS} more", style="dim"))
    claimed = " ".join(str(claim["text"]) for claim in report.get("claims", []))
    findings = [finding for finding in report.get("findings", []) if str(finding.get("title")) not in claimed]
    if findings:
        out.print("\nOther findings:")
    for finding in findings:
        out.print(Text(f"  {visible(str(finding.get('title')), one_line=True)} ({_change(finding)})"))
        for log_id in finding.get("evidence", [])[:2]:
            out.print(_citation(log_id, lines.get(log_id), connection))
    if report.get("next_steps"):
        out.print("\nNext steps:")
    for step in report.get("next_steps", []):
        out.print(Text(f"  - {visible(str(step))}"))
    link = connection.page("analyses", done.id)
    out.print(Text(f"\n{link}", style=f"link {link}"))


def _change(finding: dict[str, Any]) -> str:
    counts = f"{finding.get('count', 0)} now, {finding.get('baseline_count', 0)} before"
    return _STEPS.get(str(finding.get("kind")), counts)


def _citation(log_id: str, line: dict[str, Any] | None, connection: Connection) -> Text:
    from rich.text import Text

    text = Text("    ")
    log_id = visible(log_id, one_line=True)
    text.append(f"[{log_id}]", style=f"dim link {connection.page('logs', log_id)}")
    if line:
        first, *rest = str(line.get("message", "")).splitlines() or [""]
        message = visible(first, one_line=True) + (f" … (+{len(rest)} lines)" if rest else "")
        where = visible(f"{line.get('service_id')} {line.get('severity')}", one_line=True)
        text.append(f" {where}: {message[:200]}")
    return text
