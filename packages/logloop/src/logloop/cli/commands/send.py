"""`logloop send`: sends lines of files, streams and growing files, and reports lines that were not stored."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, command, exit_code_for
from logloop.cli.options import AsJson, Project, RetryFor
from logloop.cli.output import print_json, print_json_line, say, to_json, visible, write
from logloop.errors import LogloopError, describe_violation

if TYPE_CHECKING:
    from logloop.api.client import Client
    from logloop.lines.explain import Explanation
    from logloop.lines.formats.table import Format
    from logloop.shipping.file_follower import FileFollower
    from logloop.shipping.shipper import ShipCounts, Shipper, ShipSettings

EXPLAINED_LINES = 50
Files = Annotated[
    list[Path] | None, typer.Argument(metavar="FILE", help="Files, also .gz, or - for stdin (the default).")
]
FormatName = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="NAME|FILE",
        help="auto, text, json or logfmt, or a file of your own formats: NAME = REGULAR EXPRESSION on each line.",
    ),
]
Zone = Annotated[
    str,
    typer.Option(metavar="ZONE", help="Time zone of times that name none: local, UTC, +02:00 or Europe/Berlin."),
]
Explain = Annotated[
    bool,
    typer.Option("--explain", help="Show how the first lines are read, and why. Sends nothing, needs no platform."),
]


@command
def send(
    files: Files = None,
    service: Annotated[
        str | None, typer.Option("--service", "-s", metavar="ID", help="Service id for every line.")
    ] = None,
    project: Project = None,
    test: Annotated[
        str | None, typer.Option("--test", metavar="ID", help="Id of the test that the lines belong to.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Source of the lines (default: the file's name).")] = None,
    attribute: Annotated[
        list[str] | None,
        typer.Option("--attribute", "-a", metavar="NAME=VALUE", help="Attribute to add to every entry; repeatable."),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Keep sending what is appended, across rotation.")
    ] = False,
    from_end: Annotated[bool, typer.Option("--from-end", help="With --follow: skip the existing content.")] = False,
    checkpoint_dir: Annotated[
        Path | None,
        typer.Option(help="With --follow: folder for checkpoints (default: in the user's state folder)."),
    ] = None,
    format_name: FormatName = "auto",
    timezone: Zone = "local",
    join: Annotated[
        bool, typer.Option("--join/--no-join", help="Join tracebacks and indented lines into one log.")
    ] = True,
    explain: Explain = False,
    retry_for: RetryFor = 60.0,
    as_json: AsJson = False,
) -> None:
    """Send lines of files or stdin.

    Times, severities and common formats are recognised; tracebacks stay together.
    """
    from logloop.api.client import Client
    from logloop.shipping.shipper import Shipper

    paths = files or [Path("-")]
    _check(paths, follow=follow)
    settings = _settings(format_name, timezone, test, source, service, attribute, join=join)
    if explain:
        _explain(paths, settings, as_json=as_json)
        return
    with Client(project=project, service=service, retry_for=0, timeout=30) as client:
        client.connection.require_project()
        progress = _Progress(quiet=as_json)
        shipper = Shipper(
            _with_service(client, paths),
            settings,
            retry_for=None if follow else retry_for,
            on_wait=progress.waiting,
            on_sent=progress.sent,
        )
        _ship(paths, shipper, client, checkpoint_dir, follow=follow, from_end=from_end, as_json=as_json)
    _report(shipper.counts, as_json=as_json)


def _ship(
    paths: list[Path],
    shipper: Shipper,
    client: Client,
    checkpoint_dir: Path | None,
    *,
    follow: bool,
    from_end: bool,
    as_json: bool,
) -> None:
    """Send all inputs. When that fails or is interrupted, report what was sent so far."""
    try:
        if follow:
            _follow(paths, shipper, client, checkpoint_dir, from_end=from_end)
        else:
            _send_all(paths, shipper)
    except LogloopError as error:
        _report(shipper.counts, as_json=as_json, error=error)
        raise CommandExit(exit_code_for(error), f"{error}\n{_sent_before(shipper.counts.sent)}") from error
    except KeyboardInterrupt:
        if not follow:
            _print_counts(shipper.counts, as_json=as_json)
        raise


def _sent_before(sent: int) -> str:
    return (
        f"{sent} {'entry was' if sent == 1 else 'entries were'} sent before the error."
        if sent
        else "Nothing was sent."
    )


def _check(paths: list[Path], *, follow: bool) -> None:
    if follow and Path("-") in paths:
        raise CommandExit(exit_codes.USAGE, "stdin does not need --follow: lines are sent as they arrive")
    for path in paths:
        if str(path) == "-":
            continue
        if path.is_dir():
            raise CommandExit(exit_codes.USAGE, f"{path} is a directory; name the files in it")
        if not follow and not path.exists():
            raise CommandExit(exit_codes.USAGE, f"cannot read {path}; check the path")
        if follow and not os.access(path, os.R_OK):
            say(f"logloop: {path} does not exist or is not readable yet; waiting for it")
    if paths == [Path("-")] and sys.stdin.isatty():
        say("logloop: reading stdin; press Ctrl-D to finish")


def _settings(
    format_name: str,
    timezone: str,
    test: str | None,
    source: str | None,
    service: str | None,
    attributes: list[str] | None,
    *,
    join: bool,
) -> ShipSettings:
    from logloop.cli.record_commands import read_fields
    from logloop.lines.times.timestamps import parse_zone
    from logloop.shipping.shipper import ShipSettings

    try:
        zone = parse_zone(timezone)
    except ValueError as error:
        raise CommandExit(exit_codes.USAGE, str(error)) from error
    pairs = [pair.replace(".", "\0", pair.partition("=")[0].count(".")) for pair in attributes or ()]
    fields = {name.replace("\0", "."): value for name, value in read_fields(None, pairs, "--attribute").items()}
    name, formats = _formats(format_name)
    return ShipSettings(name, zone, test, source, service, fields, join, formats)


def _formats(value: str) -> tuple[str, tuple[Format, ...]]:
    """Return the formats to try, and a user's own that come first."""
    from logloop.lines.custom import parse_formats
    from logloop.lines.formats import NAMES

    if value in NAMES:
        return value, ()
    try:
        return "auto", parse_formats(Path(value).read_text(encoding="utf-8"))
    except OSError as error:
        names = ", ".join(NAMES)
        raise CommandExit(exit_codes.USAGE, f"--format {value}: use {names} or a file of formats") from error
    except ValueError as error:
        raise CommandExit(exit_codes.USAGE, f"--format {value}: {error}") from error


def _explain(paths: list[Path], settings: ShipSettings, *, as_json: bool) -> None:
    """Print how the first lines of each input are read."""
    from dataclasses import asdict

    from logloop.lines.explain import explain
    from logloop.lines.reader import LineReader
    from logloop.shipping.inputs import first_lines

    for path in paths:
        sample = first_lines(_lines(path))
        reader = LineReader(settings.format_name, settings.zone, None, settings.formats)
        reader.learn(sample)
        for found in explain(sample[:EXPLAINED_LINES], reader, join=settings.join):
            if as_json:
                print_json_line({"file": str(path), **asdict(found)})
            else:
                _print_explanation(found)


def _lines(path: Path) -> Iterator[str]:
    from logloop.shipping.inputs import file_lines, stream_lines

    if str(path) != "-":
        return file_lines(path)
    return (line for line in stream_lines(os.fdopen(os.dup(sys.stdin.fileno()), "rb")) if line is not None)


def _print_explanation(found: Explanation) -> None:
    write(f"{found.number}: {visible(found.line[:200], one_line=True)}")
    if found.joins is None:
        time = found.timestamp.isoformat() if found.timestamp else "no time"
        message = visible(found.message[:200], one_line=True)
        write(f"    {found.format} | {time} | {found.severity or 'info'} | {message}")
        if found.attributes:
            write(f"    attributes: {visible(to_json(found.attributes)[:500], one_line=True)}")
    for reason in found.reasons:
        write(f"    - {visible(reason)}")


def _with_service(client: Client, paths: list[Path]) -> Client:
    """Fill in a missing service with the file's name."""
    if not client.connection.service:
        from dataclasses import replace

        name = paths[0].name.split(".")[0] if str(paths[0]) != "-" else "stdin"
        cleaned = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "-" for char in name)
        client.connection = replace(client.connection, service=cleaned.strip("._-")[:128] or "logs")
    return client


def _send_all(paths: list[Path], shipper: Shipper) -> None:
    from logloop.shipping.inputs import file_lines, first_lines

    for path in paths:
        if str(path) == "-":
            _send_stdin(shipper)
        else:
            lines = file_lines(path)
            sample = first_lines(lines)
            shipper.ship(chain(sample, lines), path.name, sample=sample)


def _send_stdin(shipper: Shipper) -> None:
    """Send stdin. On Ctrl-C, first send the last lines of the other programs in the pipeline."""
    from logloop.shipping.inputs import stream_lines

    stopping = threading.Event()

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.set()
        signal.signal(number, signal.default_int_handler)  # a second one exits at once

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    shipper.ship(stream_lines(os.fdopen(os.dup(sys.stdin.fileno()), "rb"), stopping), "stdin")
    if stopping.is_set():
        raise KeyboardInterrupt


def _follow(paths: list[Path], shipper: Shipper, client: Client, folder: Path | None, *, from_end: bool) -> None:
    from logloop.shipping.checkpoint import Checkpoint, checkpoint_path
    from logloop.shipping.file_follower import FileFollower

    folder = folder or _state_folder()
    connection = client.connection
    followers = [
        FileFollower(
            path,
            Checkpoint(checkpoint_path(folder, path, connection.url, connection.project)),
            shipper,
            from_end=from_end,
        )
        for path in paths
    ]
    signal.signal(signal.SIGTERM, _terminate)
    try:
        _run(followers)
    except KeyboardInterrupt:
        for follower in followers:
            follower.finish()
        raise


def _run(followers: list[FileFollower]) -> NoReturn:
    from logloop.shipping.file_follower import POLL_SECONDS

    while True:
        busy = False
        for follower in followers:
            busy |= follower.step()
        if not busy:
            time.sleep(POLL_SECONDS)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a second one exits at once
    raise KeyboardInterrupt


def _state_folder() -> Path:
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "logloop" / "positions"


class _Progress:
    """Progress on stderr: a counter on a terminal, elsewhere only problems."""

    def __init__(self, *, quiet: bool) -> None:
        self._is_live = sys.stderr.isatty() and not quiet
        self._is_waiting = False

    def waiting(self, error: LogloopError) -> None:
        if not self._is_waiting:
            self._is_waiting = True
            say(f"logloop: waiting for the platform. {error}")

    def sent(self, counts: ShipCounts) -> None:
        if self._is_waiting:
            self._is_waiting = False
            say("logloop: the platform is available again")
        if self._is_live:
            sys.stderr.write(f"\r{counts.sent} sent")
            sys.stderr.flush()


def _report(counts: ShipCounts, *, as_json: bool, error: LogloopError | None = None) -> None:
    _print_counts(counts, as_json=as_json, error=error)
    if error is None and counts.refused:
        raise CommandExit(exit_codes.PARTIAL)
    if error is None and not counts.sent:
        raise CommandExit(exit_codes.NOTHING_FOUND, None if as_json else "nothing to send")


def _print_counts(counts: ShipCounts, *, as_json: bool, error: LogloopError | None = None) -> None:
    if as_json:
        failed = {"error": str(error)} if error else {}
        print_json({"sent": counts.sent, "refused": counts.refused, "errors": counts.errors, **failed})
    elif error is None:
        if sys.stderr.isatty():
            sys.stderr.write("\r")  # overwrites the counter
        say(f"{counts.sent} sent, {counts.refused} rejected")
        for errors in counts.errors:
            say("  rejected: " + "; ".join(map(describe_violation, errors)))
