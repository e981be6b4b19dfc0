"""Options and settings that `logloop send` and `logloop run` share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit

if TYPE_CHECKING:
    from logloop.lines.formats.table import Format
    from logloop.shipping.shipper import ShipSettings

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
Service = Annotated[str | None, typer.Option("--service", "-s", metavar="ID", help="Service id for every line.")]
Test = Annotated[
    str | None, typer.Option("--test", "--test-id", metavar="ID", help="Id of the test that the lines belong to.")
]
Attributes = Annotated[
    list[str] | None,
    typer.Option("--attribute", "-a", metavar="NAME=VALUE", help="Attribute to add to every entry; repeatable."),
]
Join = Annotated[bool, typer.Option("--join/--no-join", help="Join tracebacks and indented lines into one log.")]


def ship_settings(
    format_name: str,
    timezone: str,
    test: str | None,
    source: str | None,
    service: str | None,
    attributes: list[str] | None,
    *,
    join: bool,
) -> ShipSettings:
    """Return the settings of options. Exits with USAGE when one is not valid."""
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


def state_folder() -> Path:
    """Return the folder for what is kept between runs: XDG_STATE_HOME, else in the user's home."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "logloop"
