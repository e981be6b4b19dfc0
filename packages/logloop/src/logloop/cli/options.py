"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON (one document; NDJSON for streams) and nothing else.")
]
Project = Annotated[
    str | None,
    typer.Option(
        "--project", "-p", metavar="ID", help="Project id (default: LOGLOOP_PROJECT, then the stored login)."
    ),
]
Query = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="QUERY",
        help="For example: 'severity:error service:cart \"timed out\" -debug'. A space means AND.",
    ),
]
Since = Annotated[str | None, typer.Option(help="Start of the time range: 15m, 2h, 7d (ago) or RFC 3339.")]
Until = Annotated[str | None, typer.Option(help="End of the time range, exclusive: as --since, or now.")]
RetryFor = Annotated[
    float, typer.Option(metavar="SECONDS", help="How long to retry while the platform is unavailable.")
]


def joined(words: list[str] | None) -> str:
    """Return a query given as several arguments as one text."""
    return " ".join(words or ())
