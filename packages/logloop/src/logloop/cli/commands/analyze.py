"""`logloop analyze`: requests an analysis of logs and prints its report with the cited lines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

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

    Progress goes to stderr, the report with its cited lines to stdout.
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
        counts = f"{finding.get('count', 0)} now, {finding.get('baseline_count', 0)} before"
        out.print(Text(f"  {visible(str(finding.get('title')), one_line=True)} ({counts})"))
        for log_id in finding.get("evidence", [])[:2]:
            out.print(_citation(log_id, lines.get(log_id), connection))
    if report.get("next_steps"):
        out.print("\nNext steps:")
    for step in report.get("next_steps", []):
        out.print(Text(f"  - {visible(str(step))}"))
    link = connection.page("analyses", done.id)
    out.print(Text(f"\n{link}", style=f"link {link}"))


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
