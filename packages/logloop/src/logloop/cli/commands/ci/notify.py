"""`logloop ci receivers` and `logloop ci notifications`: where notifications of rules go, and what was sent."""

from __future__ import annotations

from urllib.parse import quote

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, command, open_client
from logloop.cli.options import AsJson, Project
from logloop.cli.record_commands import Id, Number, RecordCommands, record_group, show_list, show_record

_RECEIVERS = RecordCommands("/ci/receivers", "receiver", ["id", "name", "kind", "enabled", "target"], replaces=True)
receivers = record_group(_RECEIVERS)


@receivers.command("test")
@command
def send_test(receiver_id: Id, as_json: AsJson = False) -> None:
    """Send a test message to a receiver and show its answer."""
    with open_client() as client:
        found = client.request("POST", f"/ci/receivers/{quote(receiver_id, safe='')}/test")
    show_record(found, as_json=as_json)
    if not found["ok"]:
        raise CommandExit(exit_codes.FAILED)


@command
def notifications(number: Number = 50, project: Project = None, as_json: AsJson = False) -> None:
    """List notifications to receivers, newest first."""
    columns = ["id", "state", "receiver_id", "count", "attempts", "detail", "created_at"]
    with open_client(project) as client:
        own = {"project_id": client.connection.require_project()}
    show_list("/ci/notifications", columns, number, own, as_json=as_json)


@command
def retry(notification_id: Id, as_json: AsJson = False) -> None:
    """Send a notification that failed again, with the same id and content."""
    with open_client() as client:
        path = f"/ci/notifications/{quote(notification_id, safe='')}/retry"
        show_record(client.request("POST", path), as_json=as_json)
