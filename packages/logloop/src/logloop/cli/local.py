"""`logloop up` and `logloop demo`: the platform and the tour on this machine.

It must not start anything itself: `logloop.local` and `logloop.demo` do.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from logloop.cli import exit_codes
from logloop.cli.command import Ended, command
from logloop.cli.options import AsJson


@command
def up(
    port: Annotated[int | None, typer.Option(help="Port to listen on (default: 8080, or a free one).")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    no_auth: Annotated[bool, typer.Option("--no-auth", help="No sign-in; this machine only.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run the platform on this machine until Ctrl-C.

    Data stay in LOGLOOP_HOME (~/.local/share/logloop).
    """
    try:
        from logloop.local.platform import Options
        from logloop.local.up import run
    except ImportError as error:
        raise Ended(
            exit_codes.USAGE, f"`logloop up` needs its extra: pip install 'logloop[local]' ({error})"
        ) from error
    sys.exit(run(Options(port, host, no_auth, as_json)))


@command
def demo(as_json: AsJson = False) -> None:
    """Show the whole loop on real input."""
    from importlib import import_module

    try:
        run = import_module("logloop.demo.tour").run
    except ImportError as error:
        raise Ended(exit_codes.USAGE, f"the demo is not part of this installation ({error})") from error
    sys.exit(run(as_json=as_json))
