"""`logloop ci templates`: event templates, their history, and what changed between two versions."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from logloop.cli.command import command, open_client
from logloop.cli.options import AsJson
from logloop.cli.output import print_json, print_records, say
from logloop.cli.record_commands import Id, RecordCommands, record_group

_TEMPLATES = RecordCommands("/ci/templates", "template", ["id", "name", "event_type", "description"], replaces=True)
templates = record_group(_TEMPLATES)
Version = Annotated[int | None, typer.Argument(min=1)]


@templates.command("history")
@command
def history(template_id: Id, as_json: AsJson = False) -> None:
    """List the versions of a template, newest first, and what uses it."""
    with open_client() as client:
        found = client.request("GET", f"/ci/templates/{quote(template_id, safe='')}/versions")
    if as_json:
        print_json(found)
        return
    print_records(found["items"], ["version", "saved_at", "name", "event_type"])
    for kind in ("rules", "pipelines"):
        say(f"{kind} that use it: {', '.join(user['name'] for user in found[kind]) or 'none'}")


@templates.command("diff")
@command
def diff(template_id: Id, before: Version = None, after: Version = None, as_json: AsJson = False) -> None:
    """Show what differs between two versions of a template; without numbers, between the last two."""
    params = {"before": before, "after": after}
    with open_client() as client:
        found = client.request("GET", f"/ci/templates/{quote(template_id, safe='')}/diff", params=params)
    if as_json:
        print_json(found)
        return
    print_records(found["changes"], ["kind", "what", "before", "after"])
    effect = "values that were valid may be refused" if found["breaking"] else "all valid values stay valid"
    say(f"version {found['before']} to {found['after']}: {effect}")
