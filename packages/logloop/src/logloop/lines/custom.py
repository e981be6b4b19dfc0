"""Reads a user's own formats from a file: `name = regular expression` on each line, `#` for comments."""

from __future__ import annotations

import re

from logloop.lines.formats.table import Format, pattern
from logloop.lines.parsed import Context, ParsedLine

ORIGINAL = "log.original"
"""Attribute with the whole line, when words of it are in no group of the expression."""


def parse_formats(text: str) -> tuple[Format, ...]:
    """Return the formats in the text of a file. Raises ValueError with the number of the line that is wrong."""
    formats = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        name, found, regex = (part.strip() for part in line.partition("="))
        if not found or not re.fullmatch(r"[\w.-]+", name):
            raise ValueError(f"line {number}: write NAME = REGULAR EXPRESSION")
        try:
            compiled = re.compile(regex)
        except re.error as error:
            raise ValueError(f"line {number}: {name} is not a regular expression: {error}") from error
        if not compiled.groupindex:
            raise ValueError(
                f"line {number}: {name} has no named group; use (?P<time>…), (?P<level>…), (?P<message>…) or others"
            )
        formats.append(pattern(name, regex, default="info", adapt=_keep_words))
    if not formats:
        raise ValueError("no formats; write NAME = REGULAR EXPRESSION on a line")
    return tuple(formats)


def _keep_words(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine:
    """Keep the whole line when a word of it is outside of all groups."""
    covered = bytearray(len(match.string))
    for name in match.re.groupindex:
        start, end = match.span(name)
        covered[start:end] = b"\1" * (end - start)
    if any(char.isalnum() and not covered[index] for index, char in enumerate(match.string)):
        parsed.attributes.setdefault(ORIGINAL, match.string)
    return parsed
