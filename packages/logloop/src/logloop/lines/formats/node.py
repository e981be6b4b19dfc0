"""Node.js: npm, NestJS, pino-pretty and warnings of Node itself. pino, bunyan and winston write JSON."""

from __future__ import annotations

import re

from logloop.lines.formats.table import DIGITS, pattern
from logloop.lines.parsed import Context, ParsedLine

_NPM = {"silly": "debug", "sill": "debug", "verbose": "debug", "verb": "debug", "http": "info", "timing": "info"}
_CERTAIN = re.compile(r"(?:silly|verbose|timing) \S|http (?:fetch|cache) |info (?:it worked if|using (?:npm|node)@)")
_PNPM = {"ELIFECYCLE": "error"}


def _npm_debug(parsed: ParsedLine, match: re.Match[str], context: Context) -> ParsedLine | None:
    """A line such as "3 error messages" may also be a sentence: other lines of the input must be certain."""
    if _CERTAIN.match(match.string, match.start("level")):
        parsed.is_certain = True
    return parsed if parsed.is_certain or NPM_DEBUG in context.formats else None


def _yarn(parsed: ParsedLine, _match: re.Match[str], context: Context) -> ParsedLine | None:
    return parsed if "yarn" in context.formats else None


def _yarn_start(parsed: ParsedLine, _match: re.Match[str], _context: Context) -> ParsedLine:
    parsed.is_certain = True
    return parsed


NPM_DEBUG = "npm-debug"

FORMATS = (
    pattern(
        "npm",
        r"(?P<message>npm (?P<level>ERR!|WARN|notice|error|warn|info|http|timing|verb(?:ose)?|sill(?:y)?)(?: .*)?)",
        "npm ERR! code E404",
        "npm warn deprecated a@1: use b",
        starts="n",
        levels=_NPM,
    ),
    pattern(
        NPM_DEBUG,
        r"(?P<npm__line>\d{1,7}) (?P<level>silly|verbose|info|timing|http|notice|warn|error) (?P<message>.*)",
        "1 verbose title npm install shop",
        starts=DIGITS,
        levels=_NPM,
        adapt=_npm_debug,
    ),
    pattern(
        "yarn",
        r"(?P<message>yarn (?:[\w-]+ )?v\d+\.\d+\.\d+)",
        "yarn install v1.22.19",
        starts="y",
        default="info",
        adapt=_yarn_start,
    ),
    pattern(
        "yarn",
        r"(?P<message>(?P<level>error|warning|info|success|verbose) .*)",
        starts="ewisv",
        adapt=_yarn,
    ),
    pattern(
        "pnpm",
        r"(?P<message>\u2009?\s(?P<level>WARN|ERROR|ERR_PNPM_\w+|ELIFECYCLE)\u2009?\s+.*)",
        " ERR_PNPM_FETCH_404  GET https://registry.example/shop: Not Found",
        " WARN  deprecated shop@1: use pay",
        starts=" \u2009",
        levels=_PNPM,
        default="error",
    ),
    pattern(
        "nestjs",
        r"\[(?P<program>Nest)\] (?P<pid>\d+) +- (?P<time>\d[^A-Z]+[AP]M) +(?P<level>LOG|ERROR|WARN|DEBUG|VERBOSE|FATAL) (?P<message>.*)",
        "[Nest] 31  - 11/22/2026, 11:06:01 PM   ERROR [PayService] card refused",
        starts="[",
    ),
    pattern(
        "pino-pretty",
        r"\] (?P<level>[A-Z]+) \((?:(?P<logger>[\w.@/-]+)/)?(?P<pid>\d+)(?: on (?P<host>[\w.-]+))?\): (?P<message>.*)",
        "[2026-11-22 23:06:01.123 +0000] ERROR (31 on web1): card refused",
        after_time=True,
        follows=r"\] A",
    ),
    pattern(
        "node-warning",
        r"(?P<message>\(node:(?P<pid>\d+)\) (?:\[\w+\] )?\w*Warning: .*)",
        "(node:31) [DEP0040] DeprecationWarning: The `punycode` module is deprecated.",
        starts="(",
        default="warn",
    ),
)
