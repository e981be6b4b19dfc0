"""Shows the differences between a run and its emulation."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit
from logloop.cli.output import print_json, print_records, say

if TYPE_CHECKING:
    from logloop.api.client import Client

_WAIT_S = 60.0
_POLL_S = 0.2


def show_differences(client: Client, run_id: str, emulated: str, *, as_json: bool) -> int:
    """Print what an emulated run did differently, and return the exit code."""
    project = {"project_id": client.connection.require_project()}
    _wait_for_output(client, emulated, project)
    found = client.request(
        "GET", f"/ci/runs/{quote(run_id, safe='')}/differences", params={**project, "emulated": emulated}
    )
    if as_json:
        print_json(found)
    else:
        print_records(found["differences"], ["kind", "job", "name", "real", "emulated"])
        if found["cut_off"]:
            say("there are more differences")
        for name in found["not_compared"]:
            say(f"{name} are not compared: GitHub does not report them")
        say("no differences" if found["same"] else f"the emulation differs from run {run_id}")
    return exit_codes.OK if found["same"] else exit_codes.FAILED


def _wait_for_output(client: Client, run_id: str, project: dict[str, Any]) -> None:
    """Wait until the platform has collected the output of the emulated run."""
    end = time.monotonic() + _WAIT_S
    while client.request("GET", f"/ci/runs/{quote(run_id, safe='')}", params=project)["logs"] in ("none", "waiting"):
        if time.monotonic() > end:
            raise CommandExit(
                exit_codes.UNAVAILABLE, f"the platform has not collected run {run_id}; compare it later"
            )
        time.sleep(_POLL_S)
