"""`logloop up` and `logloop demo`: run the platform and the guided demo on this machine."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, command
from logloop.cli.options import AsJson


@command
def up(
    port: Annotated[int | None, typer.Option(help="Port to listen on (default: 8080, or a free port).")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    no_auth: Annotated[bool, typer.Option("--no-auth", help="Disable sign-in; loopback only.")] = False,
    listen: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS",
            help="Also listen for syslog, GELF, forward or OTLP/gRPC, as syslog+udp://127.0.0.1:5514.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the platform on this machine until Ctrl-C.

    Data is kept in LOGLOOP_HOME (default: ~/.local/share/logloop).
    """
    try:
        from logloop.local.platform import Options
        from logloop.local.up import run
    except ImportError as error:
        raise CommandExit(
            exit_codes.USAGE, f"`logloop up` needs the local extra: pip install 'logloop[local]' ({error})"
        ) from error
    sys.exit(run(Options(port, host, no_auth, as_json, tuple(listen or ()))))


@command
def demo(as_json: AsJson = False) -> None:
    """Demonstrate the platform on real logs, step by step."""
    from importlib import import_module

    try:
        run = import_module("logloop.demo.tour").run
    except ImportError as error:
        raise CommandExit(
            exit_codes.USAGE, f"`logloop demo` needs the local extra: pip install 'logloop[local]' ({error})"
        ) from error
    sys.exit(run(as_json=as_json))
