"""`logloop ci emulate`: runs a workflow on this machine, in a sandbox, and stores the run on the platform."""

from __future__ import annotations

import re
import sys
import uuid
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, command, open_client
from logloop.cli.commands.ci.run_differences import show_differences
from logloop.cli.options import AsJson, Project
from logloop.cli.output import console, print_json, say, visible
from logloop.cli.record_commands import Data, Set, read_fields
from logloop.errors import LogloopError

if TYPE_CHECKING:
    from logloop_contracts.emulation import EmulatedRun, EmulationTask
    from logloop_emulator.act_output import Printed
    from logloop_emulator.emulation import Emulator

    from logloop.api.client import Client

_CODES = {"success": exit_codes.OK, "skipped": exit_codes.NOTHING_FOUND, "startup_failure": exit_codes.REFUSED}
_STORED_OUTPUT = 1_000_000
"""Characters of output that are stored; a request to the platform holds 2 MiB."""


@command
def emulate(
    workflow: Annotated[
        Path, typer.Argument(metavar="WORKFLOW", help="The workflow file.", exists=True, dir_okay=False)
    ],
    event: Annotated[
        str | None, typer.Option(help="Event template of the platform (id or name), or the event type.")
    ] = None,
    data: Data = None,
    set_: Set = None,
    secret: Annotated[
        list[str] | None, typer.Option("--secret", metavar="NAME=VALUE", help="A secret of the workflow.")
    ] = None,
    network: Annotated[bool, typer.Option("--network", help="Let the workflow reach the network.")] = False,
    timeout: Annotated[float, typer.Option(min=1, max=86_400, help="Seconds after which the run is ended.")] = 600,
    service: Annotated[str, typer.Option(help="The stored output becomes logs of this service.")] = "ci",
    store: Annotated[
        bool | None,
        typer.Option("--store/--no-store", help="Store the run on the platform. Default: if one is running."),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option("--compare", metavar="RUN", help="Show the differences to this run; needs a platform."),
    ] = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Run a workflow on this machine and show what GitHub would do differently.

    --data and --set fill in the event. The workflow runs in a sandbox, on a copy of the checkout. Exit code 0 means
    that it succeeded and that act ignored nothing that matters; with --compare, that the run on GitHub was the same.
    """
    if compare is not None and store is False:
        raise CommandExit(exit_codes.USAGE, "--compare reads the stored run; leave out --no-store")
    if find_spec("logloop_emulator") is None:
        raise CommandExit(exit_codes.USAGE, "the emulator is not installed; install logloop[emulate]")
    from logloop_emulator.emulation import Emulator
    from logloop_emulator.sandbox.limits import Limits

    client = _client(project, required=store is True or compare is not None) if store is not False else None
    try:
        task = _task(workflow, event, read_fields(data, set_), client, network=network)
        emulator = Emulator(
            limits=Limits(wall_s=timeout),
            checkout=_checkout(workflow),
            secrets=_secrets(secret or []),
            on_output=(lambda _: None) if as_json else _Display().show,
        )
        result = _run(emulator, task)
        if as_json and compare is None:
            print_json(result.model_dump(mode="json"))
        elif not as_json:
            _summarise(result)
        stored = _store(client, task, result, service) if client is not None else None
        if client is not None and compare is not None and stored is not None:
            raise CommandExit(show_differences(client, compare, stored, as_json=as_json))
    finally:
        if client is not None:
            client.close()
    raise CommandExit(_CODES.get(result.conclusion, exit_codes.FAILED))


def _run(emulator: Emulator, task: EmulationTask) -> EmulatedRun:
    from logloop_emulator.sandbox.launcher import SandboxUnavailable

    try:
        return emulator.run(task)
    except SandboxUnavailable as error:
        raise CommandExit(exit_codes.REFUSED, str(error)) from error


def _client(project: str | None, *, required: bool) -> Client | None:
    """Return a client of the platform, None when there is none and none is required."""
    client = None
    try:
        client = open_client(project, retry_for=0)
        client.request("GET", "/ci/pause", params={"project_id": client.connection.require_project()})
    except LogloopError:
        if client is not None:
            client.close()
        if required:
            raise
        return None
    return client


def _task(
    path: Path, event: str | None, values: dict[str, Any], client: Client | None, *, network: bool
) -> EmulationTask:
    from logloop_contracts.emulation import MAX_WORKFLOW, EmulationEvent, EmulationTask

    text = path.read_text("utf-8")
    if len(text) > MAX_WORKFLOW:
        raise CommandExit(exit_codes.USAGE, f"{path} is larger than {MAX_WORKFLOW >> 10} KiB")
    template = _template(client, event) if client is not None and event else None
    payload = values
    event_type = event or _declared_type(text) or "logloop.emulation"
    if template is not None and client is not None:
        shown = client.request(
            "POST", f"/ci/templates/{quote(template['id'], safe='')}/preview", body={"values": values}
        )
        payload, event_type = shown["payload"], template["event_type"]
    inputs = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in payload.items()}
    folder = re.sub(r"[^A-Za-z0-9._-]", "-", _checkout(path).name)[:100] or "checkout"
    return EmulationTask(
        id=uuid.uuid4().hex,
        file=path.name,
        workflow=text,
        repository=f"local/{folder}",
        event=EmulationEvent(event_type=event_type, client_payload=payload, inputs=inputs),
        network=network,
    )


def _template(client: Client, event: str) -> dict[str, Any] | None:
    """Return the template with this id or name, None when `event` is an event type."""
    project = client.connection.require_project()
    for template in client.list("/ci/templates", project_id=project):
        if event in (template["id"], template["name"]):
            return dict(template)
    return None


def _declared_type(text: str) -> str | None:
    """Return the first event type that the workflow listens to."""
    from logloop_emulator.workflow import BadWorkflow, parse_workflow

    try:
        types = parse_workflow(text).events.get("repository_dispatch", {}).get("types")
    except BadWorkflow:
        return None
    return str(types[0]) if isinstance(types, list) and types else types if isinstance(types, str) else None


def _checkout(workflow: Path) -> Path:
    """Return the folder of the repository: the nearest one with .git or .github, else that of the file."""
    path = workflow.resolve()
    for folder in path.parents:
        if (folder / ".git").exists() or (folder / ".github").is_dir():
            return folder
    return path.parent


def _secrets(pairs: list[str]) -> dict[str, str]:
    found = dict(pair.partition("=")[::2] for pair in pairs)
    if not all(re.fullmatch(r"[A-Za-z_]\w*", name) for name in found):
        raise CommandExit(exit_codes.USAGE, "--secret needs NAME=VALUE")
    return found


class _Display:
    """Prints output under the job and step that it comes from."""

    def __init__(self) -> None:
        self._at: tuple[str, str] | None = None
        self._out = console()

    def show(self, line: Printed) -> None:
        """Print a line."""
        if self._at != (line.job, line.step):
            self._at = (line.job, line.step)
            self._out.print(f"── {visible(line.job)} / {visible(line.step)}", style="bold")
        sys.stdout.write(f"   {visible(line.text)}\n")
        sys.stdout.flush()


def _summarise(result: EmulatedRun) -> None:
    out = console()
    out.print("── result", style="bold")
    for job in result.jobs:
        out.print(f"   job {visible(job.name)}: {job.conclusion}")
        for step in job.steps:
            code = f" (exit code {step.exit_code})" if step.exit_code else ""
            out.print(f"      {step.number:>2} {visible(step.name)}: {step.conclusion}{code}")
    for finding in result.findings:
        where = f" in job {visible(finding.job)}" if finding.job else ""
        out.print(f"   {finding.level} {finding.code}{where}: {visible(finding.message)}")
    seconds = (result.completed_at - result.started_at).total_seconds()
    out.print(f"   {result.conclusion} after {seconds:.1f} s")


def _store(client: Client, task: EmulationTask, result: EmulatedRun, service: str) -> str:
    """Store the run and return its id. Its output is shortened to what a request can hold."""
    room = _STORED_OUTPUT // max(1, len(result.jobs))
    jobs = [job.model_copy(update={"log": job.log[:room]}) for job in result.jobs]
    body = {
        "project_id": client.connection.require_project(),
        "service_id": service,
        "file": task.file,
        "workflow": task.workflow,
        "repository": task.repository,
        "event": task.event.model_dump(mode="json"),
        "result": result.model_copy(update={"jobs": jobs}).model_dump(mode="json"),
    }
    run = client.request("POST", "/ci/emulations", body=body)
    say(f"stored as run {run['run_id']}; show it with `logloop ci runs show {run['run_id']}`")
    return str(run["run_id"])
