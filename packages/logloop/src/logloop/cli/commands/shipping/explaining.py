"""`logloop send --explain`: shows how lines are read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from logloop.cli.output import print_json_line, to_json, visible, write

if TYPE_CHECKING:
    from logloop.lines.explain import Explanation
    from logloop.shipping.shipper import ShipSettings

EXPLAINED_LINES = 50


def explain_lines(inputs: list[tuple[Path, Iterator[str]]], settings: ShipSettings, *, as_json: bool) -> None:
    """Print how the first lines of each input are read."""
    from dataclasses import asdict

    from logloop.lines.explain import explain
    from logloop.lines.reader import LineReader
    from logloop.shipping.inputs import first_lines

    for path, lines in inputs:
        sample = first_lines(lines)
        reader = LineReader(settings.format_name, settings.zone, None, settings.formats)
        reader.learn(sample)
        for found in explain(sample[:EXPLAINED_LINES], reader, join=settings.join):
            if as_json:
                print_json_line({"file": str(path), **asdict(found)})
            else:
                _print_explanation(found)


def _print_explanation(found: Explanation) -> None:
    write(f"{found.number}: {visible(found.line[:200], one_line=True)}")
    if found.joins is None:
        time = found.timestamp.isoformat() if found.timestamp else "no time"
        message = visible(found.message[:200], one_line=True)
        write(f"    {found.format} | {time} | {found.severity or 'info'} | {message}")
        if found.attributes:
            write(f"    attributes: {visible(to_json(found.attributes)[:500], one_line=True)}")
    for reason in found.reasons:
        write(f"    - {visible(reason)}")
