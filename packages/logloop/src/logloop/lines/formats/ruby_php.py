"""Ruby and PHP: Ruby's Logger, Rails, Sidekiq; PHP's error log, PHP-FPM, Monolog (Laravel, Symfony)."""

from __future__ import annotations

import re

from logloop.lines import severities
from logloop.lines.formats.table import pattern
from logloop.lines.parsed import Context, ParsedLine

_PHP_LEVELS = {
    "Fatal error": "error",
    "Parse error": "error",
    "Warning": "warn",
    "Notice": "info",
    "Deprecated": "warn",
    "Catchable fatal error": "error",
    "Recoverable fatal error": "error",
    "Core error": "error",
    "Compile error": "error",
    "Core warning": "warn",
    "Strict Standards": "info",
    "Stack trace": "error",
}
_PHP = rf"PHP (?P<level>{'|'.join(_PHP_LEVELS)}):"


def _completed(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine:
    parsed.severity = severities.from_status(match["status"]) or "info"
    return parsed


def _php(parsed: ParsedLine, _match: re.Match[str], _context: Context) -> ParsedLine:
    parsed.severity_text = None  # the message still says it
    return parsed


def _php_error_log(parsed: ParsedLine, match: re.Match[str], context: Context) -> ParsedLine | None:
    """Accept only what PHP marks as its own: the prefix, or a zone in the brackets."""
    if not match["level"] and "/" not in (match["zone"] or ""):
        return None
    return _php(parsed, match, context)


FORMATS = (
    pattern(
        "ruby",
        r"[A-Z], \[(?P<time>\S+) #(?P<pid>\d+)\] +(?P<level>[A-Z]+) -- (?P<program>[^:]*): ?(?P<message>.*)",
        "E, [2026-11-22T23:06:01.123456 #31] ERROR -- : card refused",
        starts="DIWEFAU",
    ),
    pattern(
        "rails",
        r'(?P<message>Started (?P<method>[A-Z]+) "(?P<path>[^"?]*)[^"]*" for (?P<client>\S+) at (?P<time>\d{4}-\d\d-\d\d \S+ \S+))',
        'Started GET "/cart" for 127.0.0.1 at 2026-11-22 23:06:01 +0000',
        starts="S",
        default="info",
    ),
    pattern(
        "rails",
        r"(?P<message>Completed (?P<status>\d{3}) .* in \d+ms.*)",
        "Completed 500 Internal Server Error in 12ms (ActiveRecord: 1.2ms)",
        starts="C",
        adapt=_completed,
    ),
    pattern(
        "sidekiq",
        r" pid=(?P<pid>\d+) tid=(?P<tid>\w+) (?:class=(?P<ruby__class>\S+) )?(?:jid=(?P<sidekiq__jid>\w+) )?(?P<sidekiq__more>[^:]*?) ?"
        r"(?P<level>DEBUG|INFO|WARN|ERROR|FATAL): (?P<message>.*)",
        "2026-11-22T23:06:01.123Z pid=31 tid=7f class=PayJob jid=ab12 WARN: retry",
        after_time=True,
        follows=" a",
    ),
    pattern(
        "php",
        rf"(?: (?P<zone>[A-Z]\w+/[\w/+-]+|[A-Z]{{2,5}}))?\] (?P<message>(?:{_PHP} +)?.*)",
        "[22-Nov-2026 23:06:01 UTC] PHP Fatal error:  Uncaught Exception: boom in /app/a.php:3",
        "[23-Nov-2026 00:06:01 Europe/Berlin] PHP Warning:  Undefined variable $a in /app/a.php on line 3",
        after_time=True,
        follows=r"\]|\] | A",
        levels=_PHP_LEVELS,
        adapt=_php_error_log,
    ),
    pattern(
        "php",
        rf"(?P<message>{_PHP} .*)",
        "PHP Warning:  Undefined variable $a in /app/a.php on line 3",
        starts="P",
        levels=_PHP_LEVELS,
        adapt=_php,
    ),
    pattern(
        "php-fpm",
        r"\] (?P<level>ALERT|ERROR|WARNING|NOTICE|DEBUG): (?P<message>.*)",
        "[22-Nov-2026 23:06:01] WARNING: [pool www] server reached max_children",
        after_time=True,
        follows=r"\] A",
    ),
    pattern(
        "monolog",
        r"\] (?P<logger>[\w.-]+)\.(?P<level>DEBUG|INFO|NOTICE|WARNING|ERROR|CRITICAL|ALERT|EMERGENCY): (?P<message>.*)",
        '[2026-11-22 23:06:01] production.ERROR: no card {"order":3} []',
        after_time=True,
        follows=r"\] ",
    ),
)
