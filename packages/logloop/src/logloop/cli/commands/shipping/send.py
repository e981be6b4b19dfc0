"""`logloop send`: sends lines of files, streams and growing files, and reports lines that were not stored."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, command, exit_code_for
from logloop.cli.commands.shipping.options import (
    Attributes,
    FormatName,
    Join,
    Service,
    Test,
    Zone,
    ship_settings,
)
from logloop.cli.commands.shipping.reporting import Progress, print_counts, report
from logloop.cli.options import AsJson, Project, RetryFor
from logloop.cli.output import say
from logloop.errors import LogloopError

if TYPE_CHECKING:
    from logloop.api.client import Client
    from logloop.shipping.shipper import Shipper

Files = Annotated[
    list[Path] | None, typer.Argument(metavar="FILE", help="Files, also .gz, or - for stdin (the default).")
]
Source = Annotated[str | None, typer.Option(help="Source of the lines (default: the file's name).")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Keep sending what is appended, across rotation.")]
FromEnd = Annotated[bool, typer.Option("--from-end", help="With --follow: skip the existing content.")]
Checkpoints = Annotated[
    Path | None,
    typer.Option(help="With --follow: folder for checkpoints (default: in the user's state folder)."),
]
Explain = Annotated[
    bool,
    typer.Option("--explain", help="Show how the first lines are read, and why. Sends nothing, needs no platform."),
]
Docker = Annotated[
    bool, typer.Option("--docker", help="Follow all containers of Docker; FILE is the folder of their logs.")
]
Kubernetes = Annotated[
    bool, typer.Option("--kubernetes", help="Follow all containers of this node; FILE is the folder of their logs.")
]
Include = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN", help="Containers to follow: a name, such as 'shop-*', or LABEL=VALUE; repeatable."
    ),
]
Exclude = Annotated[
    list[str] | None, typer.Option(metavar="PATTERN", help="Containers to leave out, as for --include.")
]
Unsent = Annotated[
    bool, typer.Option("--unsent", help="Send what `logloop run` could not: FILE is the folder that it has named.")
]


@dataclass(frozen=True, slots=True)
class _Following:
    """Whether and how files are followed."""

    follow: bool
    from_end: bool
    checkpoints: Path | None
    runtime: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@command
def send(
    files: Files = None,
    service: Service = None,
    project: Project = None,
    test: Test = None,
    source: Source = None,
    attribute: Attributes = None,
    follow: Follow = False,
    from_end: FromEnd = False,
    checkpoint_dir: Checkpoints = None,
    format_name: FormatName = "auto",
    timezone: Zone = "local",
    join: Join = True,
    explain: Explain = False,
    docker: Docker = False,
    kubernetes: Kubernetes = False,
    include: Include = None,
    exclude: Exclude = None,
    unsent: Unsent = False,
    retry_for: RetryFor = 60.0,
    as_json: AsJson = False,
) -> None:
    """Send lines of files or stdin.

    Times, severities and common formats are recognised; tracebacks stay together.
    """
    from logloop.api.client import Client
    from logloop.shipping.shipper import Shipper

    runtime = _runtime(docker=docker, kubernetes=kubernetes)
    paths = files or [_default_path(runtime)]
    following = _Following(
        follow or bool(runtime), from_end, checkpoint_dir, runtime, tuple(include or ()), tuple(exclude or ())
    )
    if unsent:
        _send_unsent(files, project, retry_for, as_json=as_json)
        return
    _check(paths, following)
    settings = ship_settings(format_name, timezone, test, source, service, attribute, join=join)
    if explain:
        from logloop.cli.commands.shipping.explaining import explain_lines

        explain_lines([(path, _lines(path)) for path in paths], settings, as_json=as_json)
        return
    with Client(project=project, service=service, retry_for=0, timeout=30) as client:
        client.connection.require_project()
        progress = Progress(quiet=as_json)
        shipper = Shipper(
            _with_service(client, paths),
            settings,
            retry_for=None if following.follow else retry_for,
            on_wait=progress.waiting,
            on_sent=progress.sent,
        )
        _ship(paths, shipper, client, following, as_json=as_json)
    report(shipper.counts, as_json=as_json)


def _runtime(*, docker: bool, kubernetes: bool) -> str | None:
    if docker and kubernetes:
        raise CommandExit(exit_codes.USAGE, "use only one of --docker and --kubernetes")
    return "docker" if docker else "kubernetes" if kubernetes else None


def _default_path(runtime: str | None) -> Path:
    if runtime is None:
        return Path("-")
    from logloop.shipping.containers import docker, kubernetes

    return docker.FOLDER if runtime == "docker" else kubernetes.FOLDER


def _send_unsent(folders: list[Path] | None, project: str | None, retry_for: float, *, as_json: bool) -> None:
    from logloop.api.client import Client
    from logloop.running.unsent import send_unsent

    if not folders or not all(folder.is_dir() for folder in folders):
        raise CommandExit(exit_codes.USAGE, "--unsent needs the folder that `logloop run` has named")
    with Client(project=project, retry_for=retry_for, timeout=30) as client:
        counts = send_unsent(client, folders)
    report(counts, as_json=as_json)


def _ship(
    paths: list[Path],
    shipper: Shipper,
    client: Client,
    following: _Following,
    *,
    as_json: bool,
) -> None:
    """Send all inputs. When that fails or is interrupted, report what was sent so far."""
    try:
        if following.runtime:
            _follow_containers(paths[0], shipper, client, following)
        elif following.follow:
            from logloop.cli.commands.shipping.following import follow_files

            follow_files(paths, shipper, client, following.checkpoints, from_end=following.from_end)
        else:
            _send_all(paths, shipper)
    except LogloopError as error:
        report(shipper.counts, as_json=as_json, error=error)
        raise CommandExit(exit_code_for(error), f"{error}\n{_sent_before(shipper.counts.sent)}") from error
    except KeyboardInterrupt:
        if not following.follow:
            print_counts(shipper.counts, as_json=as_json)
        raise


def _follow_containers(folder: Path, shipper: Shipper, client: Client, following: _Following) -> None:
    from logloop.cli.commands.shipping.following import Containers, follow_containers
    from logloop.shipping.containers.container import Selection
    from logloop.shipping.containers.docker import docker_containers
    from logloop.shipping.containers.kubernetes import kubernetes_containers

    find = docker_containers if following.runtime == "docker" else kubernetes_containers
    selection = Selection(following.include, following.exclude)
    follow_containers(find, folder, shipper, client, Containers(selection, following.from_end, following.checkpoints))


def _sent_before(sent: int) -> str:
    return (
        f"{sent} {'entry was' if sent == 1 else 'entries were'} sent before the error."
        if sent
        else "Nothing was sent."
    )


def _check(paths: list[Path], following: _Following) -> None:
    if following.runtime:
        if len(paths) > 1:
            raise CommandExit(exit_codes.USAGE, f"--{following.runtime} takes one folder")
        return
    if following.include or following.exclude:
        raise CommandExit(exit_codes.USAGE, "--include and --exclude need --docker or --kubernetes")
    if following.follow and Path("-") in paths:
        raise CommandExit(exit_codes.USAGE, "stdin does not need --follow: lines are sent as they arrive")
    for path in paths:
        if str(path) != "-":
            _check_file(path, follow=following.follow)
    if paths == [Path("-")] and sys.stdin.isatty():
        say("logloop: reading stdin; press Ctrl-D to finish")


def _check_file(path: Path, *, follow: bool) -> None:
    if path.is_dir():
        raise CommandExit(exit_codes.USAGE, f"{path} is a directory; name the files in it")
    if not follow and not path.exists():
        raise CommandExit(exit_codes.USAGE, f"cannot read {path}; check the path")
    if follow and not os.access(path, os.R_OK):
        say(f"logloop: {path} does not exist or is not readable yet; waiting for it")


def _lines(path: Path) -> Iterator[str]:
    from logloop.shipping.inputs import file_lines, stream_lines

    if str(path) != "-":
        return file_lines(path)
    return (line for line in stream_lines(os.fdopen(os.dup(sys.stdin.fileno()), "rb")) if line is not None)


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
