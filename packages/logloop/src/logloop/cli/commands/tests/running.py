"""`logloop test run`: runs a command that runs tests, and reports its results."""

from __future__ import annotations

import glob
import os
import shlex
import tempfile
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, command
from logloop.cli.commands.tests.options import Environment, Service, Shard
from logloop.cli.options import Project
from logloop.cli.output import say
from logloop.connection import Connection, resolve
from logloop.errors import LogloopError

SEND_SECONDS = 30.0
_HOW = (
    "nothing was reported. Install logloop where pytest runs, or say where the results are: --junit FILE, "
    "--jest FILE, --go (for go test -json) or --tap"
)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the results come from: files that match a pattern, or else the output of the command."""

    format_name: str
    pattern: str | None = None


@command
def run(
    words: Annotated[list[str], typer.Argument(metavar="COMMAND…", help="The command, after --.")],
    junit: Annotated[
        str | None, typer.Option(metavar="FILE", help="JUnit XML that it writes; may be a pattern in quotes.")
    ] = None,
    jest: Annotated[
        str | None, typer.Option(metavar="FILE", help="JSON of jest or vitest that it writes; may be a pattern.")
    ] = None,
    go: Annotated[bool, typer.Option("--go", help="Its output is that of go test -json.")] = False,
    tap: Annotated[bool, typer.Option("--tap", help="Its output is TAP.")] = False,
    run_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Id of the run (default: LOGLOOP_RUN_ID, else random).")
    ] = None,
    service: Service = None,
    environment: Environment = None,
    shard: Shard = None,
    project: Project = None,
) -> None:
    """Run a command and report the tests that it runs: logloop test run -- pytest -q

    pytest reports itself through its plugin. The exit code is that of the command, whatever happens to the report.
    """
    source = _source(junit, jest, go=go, tap=tap)
    run_id = run_id or os.environ.get("LOGLOOP_RUN_ID") or uuid.uuid4().hex[:12]
    connection = _connection(project, service)
    with tempfile.TemporaryDirectory(prefix="logloop-") as folder:
        mark = Path(folder) / "reported"
        given = {"LOGLOOP_RUN_ID": run_id, "LOGLOOP_ENVIRONMENT": environment, "LOGLOOP_SHARD": shard}
        if connection is not None:
            given |= {
                "LOGLOOP_URL": connection.url,
                "LOGLOOP_API_KEY": connection.api_key,
                "LOGLOOP_PROJECT": connection.project,
                "LOGLOOP_SERVICE": connection.service,
                "LOGLOOP_PYTEST": "1" if source is None else "0",
                "LOGLOOP_REPORTED_FILE": str(mark),
            }
        code = _run(words, {name: value for name, value in given.items() if value}, source, connection)
        if source is None and connection is not None and not mark.exists():
            say(f"logloop: {_HOW}")
    if code:
        raise CommandExit(code)


def _source(junit: str | None, jest: str | None, *, go: bool, tap: bool) -> _Source | None:
    given = [
        *([_Source("junit", junit)] if junit else []),
        *([_Source("jest", jest)] if jest else []),
        *([_Source("go")] if go else []),
        *([_Source("tap")] if tap else []),
    ]
    if len(given) > 1:
        raise CommandExit(exit_codes.USAGE, "use only one of --junit, --jest, --go and --tap")
    return given[0] if given else None


def _connection(project: str | None, service: str | None) -> Connection | None:
    """Return where to report; None, after a message, when that is not set."""
    try:
        connection = resolve(project=project, service=service)
        connection.require_project()
    except LogloopError as error:
        say(f"logloop: the results will not be reported. {error}")
        return None
    return connection


def _run(words: list[str], given: dict[str, str], source: _Source | None, connection: Connection | None) -> int:
    from logloop.results.model import MAX_BYTES
    from logloop.running.child import NotStarted, run_child

    started_at = datetime.now(UTC)
    output = bytearray()

    def keep(_stream: str, chunk: bytes) -> None:
        output.extend(chunk[: MAX_BYTES + 1 - len(output)])

    streams = ("stdout",) if source is not None and source.pattern is None else ()
    try:
        code = run_child(words, {**os.environ, **given}, streams=streams, on_output=keep).code
    except NotStarted as error:
        raise CommandExit(error.code, str(error)) from error
    if source is not None and connection is not None:
        try:
            _report(words, source, bytes(output), connection, given, started_at)
        except (LogloopError, ValueError, OSError) as error:
            say(f"logloop: the results were not reported. {error}")
    return code


def _report(
    words: list[str],
    source: _Source,
    output: bytes,
    connection: Connection,
    given: dict[str, str],
    started_at: datetime,
) -> None:
    from logloop.api.client import Client
    from logloop.cli.commands.tests.importing import report
    from logloop.results.entries import ImportedRun
    from logloop.results.model import MAX_BYTES, InvalidResults
    from logloop.results.reading import read, read_file
    from logloop.results.sending import send_results
    from logloop.run_facts import run_attributes

    if source.pattern is not None:
        files = [read_file(path, source.format_name)[1] for path in _written(source.pattern, started_at)]
    elif len(output) > MAX_BYTES:
        raise InvalidResults(f"the output is larger than {MAX_BYTES // 2**20} MiB; run fewer tests at once")
    else:
        files = [read(output, source.format_name)]
    stated = {name: given.get(f"LOGLOOP_{name.upper()}") for name in ("environment", "shard")}
    run_id = given["LOGLOOP_RUN_ID"]
    facts = run_attributes(Path.cwd(), stated)
    run = ImportedRun(run_id, datetime.now(UTC), shlex.join(words), facts, started_at)
    with Client(project=connection.project, service=connection.service, retry_for=SEND_SECONDS) as client:
        sent = send_results(client, files, run)
    report(run_id, files, sent.accepted, [entry.errors for entry in sent.rejected])


def _matching(pattern: str) -> list[Path]:
    return [Path(name) for name in glob.glob(pattern, recursive=True)]  # noqa: PTH207 - it may be absolute


def _written(pattern: str, started_at: datetime) -> list[Path]:
    """Return the files of a pattern that the command has written. Raises InvalidResults when there are none."""
    from logloop.results.model import InvalidResults

    found = [Path(pattern)] if Path(pattern).exists() else _matching(pattern)
    if not found:
        raise InvalidResults(f"the command did not write {pattern}; check the path")
    # File systems keep times in steps of up to 2 s.
    written = sorted(path for path in found if path.stat().st_mtime >= started_at.timestamp() - 2)
    if not written:
        raise InvalidResults(f"{pattern} is older than this run: the command did not write it")
    return written
