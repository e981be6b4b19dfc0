"""The command tree and its global options."""

from __future__ import annotations

import copy
import os
import sys
from typing import Annotated

import typer

from logloop.cli import exit_codes
from logloop.cli.commands import admin, analyze, dead_letters, local, login, logs, mcp
from logloop.cli.commands.ci import app as ci
from logloop.cli.commands.shipping import run as run_command
from logloop.cli.commands.shipping import send
from logloop.cli.commands.tests import app as tests

app = typer.Typer(
    name="logloop",
    help="Send, search, analyse and act on logs.",
    epilog=exit_codes.EXPLANATION,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # Rich's Markdown and highlighter alone take 0.2 s of CPU to import
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        from logloop import __version__

        sys.stdout.write(f"logloop {__version__}\n")
        raise typer.Exit


@app.callback()
def settings(
    url: Annotated[
        str | None, typer.Option(help="Address of the platform (default: LOGLOOP_URL, then the stored login).")
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Send, search, analyse and act on logs."""
    if url:
        os.environ["LOGLOOP_URL"] = url


app.command("up")(local.up)
app.command("demo")(local.demo)
app.command("send")(send.send)
app.command("run", context_settings={"allow_interspersed_args": False})(run_command.run)
app.command("search")(logs.search)
app.command("tail")(logs.tail)
app.command("export")(logs.export)
app.add_typer(analyze.app, name="analyze")
app.add_typer(ci.app, name="ci")
app.add_typer(tests.app, name="test")
app.add_typer(admin.app, name="admin")
app.add_typer(dead_letters.app, name="dead-letters")
app.command("mcp")(mcp.mcp)
app.command("login")(login.login)
app.command("config")(login.config)


def run() -> None:
    """Run the command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    _with_command_only(_named_command(sys.argv[1:]))()


def _named_command(arguments: list[str]) -> str | None:
    """Return the name of the command in the arguments, or None if another option than --url precedes it."""
    words = iter(arguments)
    for word in words:
        if word == "--url":
            next(words, None)
        elif not word.startswith("-"):
            return word
        elif not word.startswith("--url="):
            return None
    return None


def _with_command_only(name: str | None) -> typer.Typer:
    """Return the app with this command only, if it has it: typer prepares the options of all commands of an app."""
    commands = [item for item in app.registered_commands if item.name == name]
    groups = [item for item in app.registered_groups if item.name == name]
    if not commands and not groups:
        return app
    smaller = copy.copy(app)
    smaller.registered_commands, smaller.registered_groups = commands, groups
    return smaller
