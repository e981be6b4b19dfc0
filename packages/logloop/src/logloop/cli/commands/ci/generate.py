"""`logloop ci generate`: writes a typed Python module with a function for each pipeline."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, command, open_client
from logloop.cli.options import Project
from logloop.cli.output import say


@command
def generate(
    out: Annotated[Path, typer.Option(metavar="FILE", help="The module to write, such as shop/workflows.py.")],
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 if the module is older than the definitions.")
    ] = False,
    project: Project = None,
) -> None:
    """Write a Python module with a typed function for each pipeline, and its async form.

    The parameters come from the pipeline's template. Run it again when templates change; --check is for CI.
    """
    from logloop.ci.generation.module import digest_in, module_of

    with open_client(project) as client:
        own = {"project_id": client.connection.require_project()}
        definitions = client.request("GET", "/ci/definitions", params=own)
    if not check:
        _write(out, module_of(definitions))
        say(f"wrote {out}: {len(definitions['items'])} pipelines")
        return
    digest = digest_in(out.read_text("utf-8"))
    if digest is None:
        raise CommandExit(exit_codes.USAGE, f"{out} was not written by `logloop ci generate`")
    if digest != definitions["digest"]:
        raise CommandExit(
            exit_codes.NOTHING_FOUND, f"{out} is older than the definitions of the project; run `logloop ci generate`"
        )
    say(f"{out} is up to date")


def _write(path: Path, text: str) -> None:
    """Replace a file at once, so that an import never reads half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, "utf-8")
    temporary.replace(path)
