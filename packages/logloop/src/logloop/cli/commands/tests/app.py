"""The commands of `logloop test`."""

from __future__ import annotations

import typer

from logloop.cli.commands.tests import lists

app = typer.Typer(help="Report, list and judge tests.", no_args_is_help=True)
app.command("list")(lists.list_tests)
