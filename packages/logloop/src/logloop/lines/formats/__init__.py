"""The format table. Its order is the order of trying: formats that demand more come first."""

from __future__ import annotations

from logloop.lines.formats import (
    builds,
    databases,
    games,
    generic,
    jvm,
    native,
    node,
    platforms,
    python,
    ruby_php,
    runners,
    syslog,
    web,
)
from logloop.lines.formats.table import Format

TABLE: tuple[Format, ...] = (
    *syslog.FORMATS,
    *runners.FORMATS,
    *databases.FORMATS,
    *web.FORMATS,
    *python.FORMATS,
    *native.FORMATS,
    *builds.FORMATS,
    *ruby_php.FORMATS,
    *node.FORMATS,
    *platforms.FORMATS,
    *games.FORMATS,
    *jvm.FORMATS,
    generic.LEVEL_FIRST,
    generic.LEADING_TIME,
)
"""All text formats. JSON and logfmt are in `structured`, and plain text is what remains."""

NAMES = ("auto", "text", "json", "logfmt")
"""What a user may choose: everything, text formats only, JSON only, logfmt only."""
