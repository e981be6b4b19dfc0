"""The commands of `logloop test`."""

from __future__ import annotations

import typer

from logloop.cli.commands.tests import explain, importing, lists, quarantine, running

app = typer.Typer(help="Report, list and judge tests.", no_args_is_help=True)
app.command("run", context_settings={"allow_interspersed_args": False})(running.run)
app.command("import")(importing.import_)
app.command("list")(lists.list_tests)
app.command("flaky")(lists.flaky)
app.add_typer(quarantine.app, name="quarantine")
app.command("explain")(explain.explain)
app.command("diff")(explain.diff)
app.command("generate")(explain.generate)
