"""`logloop run`: runs a command, and logs what it prints and how it ends."""

from __future__ import annotations

import os
import shlex
import signal
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from logloop.cli.command import CommandExit, command
from logloop.cli.commands.shipping.options import (
    Attributes,
    FormatName,
    Join,
    Service,
    Test,
    Zone,
    ship_settings,
    state_folder,
)
from logloop.cli.options import Project
from logloop.cli.output import say
from logloop.connection import Connection, resolve
from logloop.errors import LogloopError
from logloop.running.child import Ended, NotStarted, run_child

if TYPE_CHECKING:
    from logloop.shipping.shipper import ShipSettings

STREAMS = ("stdout", "stderr")
WAIT_SECONDS = 15.0


@command
def run(
    words: Annotated[list[str], typer.Argument(metavar="COMMAND…", help="The command, after --.")],
    service: Service = None,
    project: Project = None,
    test: Test = None,
    run_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Id of a run of tests that this belongs to (LOGLOOP_RUN_ID).")
    ] = None,
    attribute: Attributes = None,
    format_name: FormatName = "auto",
    timezone: Zone = "local",
    join: Join = True,
    pty: Annotated[
        bool, typer.Option("--pty/--no-pty", help="Let the command print on a terminal if this one does.")
    ] = True,
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long to wait at the end until everything is sent.")
    ] = WAIT_SECONDS,
) -> None:
    """Run a command and log what it prints: logloop run -- python app.py

    Its output still reaches the terminal at once, and the exit code is that of the command, whatever happens to its
    logs. Its start and its end are logged as well, with exit code, duration and peak memory.
    """
    settings = ship_settings(format_name, timezone, test, None, service, attribute, join=join)
    run_id = run_id or os.environ.get("LOGLOOP_RUN_ID")
    if run_id:
        settings.attributes.setdefault("test.run_id", run_id)
    connection = _connection(project, service, words)
    environ = {**os.environ, **_given(connection, run_id)}
    try:
        if connection is None:
            ended = run_child(words, environ)
        else:
            ended = _run_logged(words, environ, connection, settings, use_pty=pty, wait=wait)
    except NotStarted as error:
        raise CommandExit(error.code, str(error)) from error
    if ended.code:
        raise CommandExit(ended.code)


def _connection(project: str | None, service: str | None, words: list[str]) -> Connection | None:
    """Return where to send the logs; None, after a message, when that is not set."""
    from logloop.shipping.entries import valid_service

    try:
        connection = resolve(project=project, service=service)
        connection.require_project()
    except LogloopError as error:
        say(f"logloop: the output will not be logged. {error}")
        return None
    if connection.service:
        return connection
    name = valid_service(Path(words[0]).name)
    return Connection(connection.url, connection.api_key, connection.project, name, connection.origin)


def _given(connection: Connection | None, run_id: str | None) -> dict[str, str]:
    """Return variables for tools of Logloop inside the command, so that they send to the same place."""
    given = {"LOGLOOP_RUN_ID": run_id}
    if connection is not None:
        given |= {
            "LOGLOOP_URL": connection.url,
            "LOGLOOP_API_KEY": connection.api_key,
            "LOGLOOP_PROJECT": connection.project,
            "LOGLOOP_SERVICE": connection.service,
        }
    return {name: value for name, value in given.items() if value}


def _run_logged(
    words: list[str],
    environ: Mapping[str, str],
    connection: Connection,
    settings: ShipSettings,
    *,
    use_pty: bool,
    wait: float,
) -> Ended:
    from logloop.api.client import Client
    from logloop.running.output_log import OutputLog
    from logloop.running.spool import Spool

    name = f"run-{uuid.uuid4().hex[:16]}"
    spool = Spool(state_folder() / "unsent" / name, name)
    with Client(connection.url, connection.api_key, project=connection.project, service=connection.service,
                retry_for=0, timeout=30) as client:  # fmt: skip
        log = OutputLog(client, settings, spool, lambda text: say(f"logloop: {text}"))

        def begin(pid: int) -> None:
            settings.attributes["process.pid"] = pid
            log.start()
            log.event(f"started: {shlex.join(words)}", "info", _start_attributes(words))

        ended = run_child(words, environ, streams=STREAMS, on_output=log.output, on_start=begin, use_pty=use_pty)
        _close_stdout()
        log.event(*_end_event(ended))
        try:
            is_sent = log.finish(wait)
        except KeyboardInterrupt:
            is_sent = False
        if not is_sent:
            kept = spool.keep()
            how = f"logloop send --unsent {shlex.quote(str(spool.folder))}"
            say(f"logloop: {kept} logs were not sent yet. To send them: {how}")
    if spool.dropped:
        say(f"logloop: {spool.dropped} logs were dropped: the platform was away, and the disk or the limit was full")
    return ended


def _close_stdout() -> None:
    """Let the next program of a pipeline see the end of the output, which does not wait for the platform."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def _start_attributes(words: list[str]) -> dict[str, Any]:
    from logloop.run_facts import workflow_attributes

    return {
        "process.event": "started",
        "process.command_args": words,
        "process.working_directory": str(Path.cwd()),
        **workflow_attributes(),
    }


def _end_event(ended: Ended) -> tuple[str, str, dict[str, Any]]:
    """Return message, severity and attributes of the entry about the end of the command."""
    attributes: dict[str, Any] = {
        "process.event": "ended",
        "process.exit_code": ended.code,
        "process.duration_s": round(ended.seconds, 3),
        "process.peak_memory_bytes": ended.peak_bytes,
    }
    took = f"after {ended.seconds:.1f} s, with at most {ended.peak_bytes / 2**20:.0f} MiB of memory"
    if ended.left_behind:
        attributes["process.left_behind"] = True
    if ended.signal is None:
        return f"exited with code {ended.code} {took}", "error" if ended.code else "info", attributes
    name = _signal_name(ended.signal)
    attributes["process.signal"] = name
    return f"ended by {name} {took}", "error", attributes


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"
