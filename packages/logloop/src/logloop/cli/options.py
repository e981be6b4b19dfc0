"""The options that commands share.

It must not hold a command.
"""

from __future__ import annotations

from typing import Annotated

import typer

AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON (one document; NDJSON for streams) and nothing else.")
]
Project = Annotated[
    str | None,
    typer.Option("--project", "-p", metavar="ID", help="Project (default: LOGLOOP_PROJECT, then the login's)."),
]
Query = Annotated[
    list[str] | None,
    typer.Argument(metavar="QUERY", help="Such as: 'severity:error service:cart \"timed out\" -debug'"),
]
Since = Annotated[str | None, typer.Option(help="From this time on: 15m, 2h, 7d (ago) or RFC 3339.")]
Until = Annotated[str | None, typer.Option(help="Before this time: as --since, or now.")]
RetryFor = Annotated[float, typer.Option(metavar="SECONDS", help="How long to try again when the platform is away.")]


def joined(words: list[str] | None) -> str:
    """A query that was typed as several arguments, as one."""
    return " ".join(words or ())
