"""Build tools and compilers: C and C++, .NET, TypeScript, Rust, Kotlin, Gradle."""

from __future__ import annotations

import re

from logloop.lines.formats.table import pattern
from logloop.lines.parsed import Context, ParsedLine

_LEVELS = {"fatal error": "error", "runtime error": "error", "e": "error", "w": "warn", "i": "info"}


def _compiler(parsed: ParsedLine, _match: re.Match[str], _context: Context) -> ParsedLine:
    parsed.severity_text = None
    return parsed


def _gradle(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine:
    parsed.attributes.pop("outcome", None)
    parsed.severity = "error" if match["outcome"] == "FAILED" else "info"
    return parsed


FORMATS = (
    pattern(
        "compiler",
        r"(?P<message>(?P<file>(?:[\w./\\+-]+|[A-Z]:[\w./\\+-]+)):(?P<line>\d+)(?::\d+)?: (?P<level>fatal error|error|warning|note|runtime error): .*)",
        "src/pay.c:10:5: error: expected ';' before 'return'",
        levels=_LEVELS,
        adapt=_compiler,
        needs=": ",
    ),
    pattern(
        "compiler",
        r"(?P<message>(?P<file>(?:[A-Z]:)?[\w./\\+-]+)\((?P<line>\d+)(?:,\d+){0,3}\) ?: (?P<level>fatal error|error|warning) [A-Z]{1,8}\d+: .*)",
        "src/Pay.cs(3,5): error CS1002: ; expected [/src/Shop.csproj]",
        "src/pay.ts(3,5): error TS2304: Cannot find name 'card'.",
        levels=_LEVELS,
        adapt=_compiler,
        needs="): ",
    ),
    pattern(
        "compiler",
        r"(?P<message>(?P<level>[ewi]): (?P<file>(?:file://)?/\S+?\.kts?):(?P<line>\d+):\d+ .*)",
        "e: file:///src/Pay.kt:3:5 Unresolved reference: card",
        starts="ewi",
        levels=_LEVELS,
        adapt=_compiler,
    ),
    pattern(
        "compiler",
        r"(?P<message>(?P<level>error|warning)\[[A-Z]?\d+\]: .*)",
        "error[E0308]: mismatched types",
        starts="ew",
        levels=_LEVELS,
        adapt=_compiler,
    ),
    pattern(
        "gradle",
        r"(?P<message>> Task (?P<gradle__task>:\S+)(?: (?P<outcome>FAILED|UP-TO-DATE|NO-SOURCE|SKIPPED|FROM-CACHE))?)",
        "> Task :shop:compileJava FAILED",
        starts=">",
        adapt=_gradle,
    ),
    pattern(
        "gradle",
        r"(?P<message>BUILD (?P<outcome>FAILED|SUCCESSFUL) in .*)",
        "BUILD FAILED in 3s",
        starts="B",
        adapt=_gradle,
    ),
)
