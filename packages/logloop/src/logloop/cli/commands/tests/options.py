"""Options and steps that several commands of `logloop test` share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit, open_client

if TYPE_CHECKING:
    from logloop.results.model import Results

Service = Annotated[
    str | None,
    typer.Option(
        "--service", "-s", metavar="ID", help="Service of the tests (default: LOGLOOP_SERVICE, else tests)."
    ),
]
Environment = Annotated[
    str | None, typer.Option(metavar="NAME", help="Where the tests ran (default: LOGLOOP_ENVIRONMENT).")
]
Shard = Annotated[
    str | None, typer.Option(metavar="NAME", help="Part of the tests that ran (default: LOGLOOP_SHARD).")
]
Format = Annotated[
    str | None,
    typer.Option("--format", metavar="NAME", help="junit, tap, go or jest (default: recognised by the content)."),
]


def project_params(project: str | None) -> dict[str, Any]:
    """Return the parameter that names the project."""
    with open_client(project) as client:
        return {"project_id": client.connection.require_project()}


def read_results(paths: list[Path], format_name: str | None) -> tuple[list[bytes], list[Results], datetime]:
    """Return contents and results of files, and the time of the newest one. Exits with USAGE if one is unreadable."""
    from logloop.results.model import InvalidResults
    from logloop.results.reading import read_file

    contents: list[bytes] = []
    files: list[Results] = []
    for path in paths:
        try:
            content, results = read_file(path, format_name)
        except InvalidResults as error:
            raise CommandExit(exit_codes.USAGE, str(error)) from error
        contents.append(content)
        files.append(results)
    return contents, files, datetime.fromtimestamp(max(path.stat().st_mtime for path in paths), UTC)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 test`, `2 tests`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
