"""`logloop mcp`: offers the tools of the platform to an agent on this machine."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from logloop.cli.command import command


@command
def mcp(
    allow_changes: Annotated[
        bool,
        typer.Option(
            "--allow-changes",
            help="Also offer tools that start pipelines and change rules. The key needs write access, and each "
            "change needs a confirmation.",
        ),
    ] = False,
) -> None:
    """Offer the platform's tools to an agent, over the Model Context Protocol on standard input and output.

    Agents start this command themselves; docs/mcp.md shows their settings. Address and key are those of the other
    commands: LOGLOOP_URL and LOGLOOP_API_KEY, then `logloop login`, then this machine's `logloop up`.
    """
    from logloop.agents import McpBridge
    from logloop.cli.output import say
    from logloop.connection import resolve

    connection = resolve()
    if sys.stdin.isatty():
        say(
            f"logloop: waiting for the messages of an agent, for {connection.url}; see docs/mcp.md. Ctrl-C ends this."
        )

    def write(line: str) -> None:
        sys.stdout.buffer.write(line.encode())
        sys.stdout.buffer.flush()

    McpBridge(connection, write, allow_changes=allow_changes).run(sys.stdin.buffer)
