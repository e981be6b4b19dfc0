"""Decides which lines continue a record: stack traces of all languages, blocks, indented lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from logloop.lines.formats.databases import MYSQL_COMMANDS
from logloop.lines.parsed import ParsedLine

_QUALIFIED = r"(?:[A-Za-z_$][\w$]*(?:\.|::))+[\w$]*"
_EXCEPTION_NAME = r"[\w$]*(?:Exception|Error|Throwable|Failure|Fault|Exit|Interrupt|Iteration|Warning|Group)"
_EXCEPTION_LINE = re.compile(rf"(?P<type>{_QUALIFIED}|{_EXCEPTION_NAME})(?:: (?P<text>.*)|:?$)", re.DOTALL)
_CHAINED = re.compile(
    r"Caused by: |Suppressed: |\.\.\. \d+ (?:more|common frames)|During handling of the above exception"
    r"|The above exception was the direct|goroutine \d+ \[|stack traceback:|[\"'}\])]+[,;]?\s*$|Stack trace:\s*$"
    r"|\[(?:stacktrace|previous exception)\]|note: run with `RUST_BACKTRACE|note: Some details are omitted"
    r"|stack backtrace:|--- End of |PHP Stack trace:"
)
_RUBY_FRAME = re.compile(r"\S+\.(?:rb|erb|rake):\d+:in [`'\"]")
_TRACE_START = re.compile(
    r"panic: |fatal error: |goroutine \d+ \["
    r"|Exception in thread |Unhandled [Ee]xception|thread '[^']*' (?:\(\d+\) )?panicked at |Stack trace:"
    r"|\[stacktrace\]|==\d+==ERROR: |==\d+==WARNING: |WARNING: ThreadSanitizer"
    r"|PHP Fatal error|(?:Uncaught )?\w*Error: |SIGSEGV|SIGABRT"
)
_PYTHON = re.compile(r"\s*(?:\+ )?(?:Exception Group )?Traceback \(most recent call last\):")
_GROUP = re.compile(r"\s*\| (?P<type>[\w.]*ExceptionGroup): (?P<text>.*)")
_RUBY = re.compile(r"\S+\.rb:\d+:in .*?: (?P<text>.*) \((?P<type>[\w:]*(?:Error|Exception)[\w:]*)\)")
_LAST_LINE = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:: .*)?$", re.DOTALL)
_IN_GO = re.compile(
    r"[\w./*()\[\]{}<>,@$-]+\(.*\)$|created by |exit status |\[signal |goroutine |r\w{1,2} +0x|\[recovered\]|panic: "
)
_IN_TRACE = re.compile(r"#\d+ |Node\.js v\d|note: |exit status |[A-Z]\w*Error:|thrown in |ThreadSanitizer:|SUMMARY: ")
_SANITIZER = re.compile(r"==\d+==(?:ERROR|WARNING): |WARNING: ThreadSanitizer: ")
_SANITIZER_END = re.compile(
    r"==\d+==ABORTING|SUMMARY: ThreadSanitizer|SUMMARY: LeakSanitizer|SUMMARY: MemorySanitizer"
)
_RULER = re.compile(r"={18,}$")
_NODE_FILE = re.compile(r"(?:file://|node:)?[\w/.:\\@-]+\.[cm]?[jt]s:\d+$|node:[\w/]+:\d+$")
_RUST_PANIC = re.compile(r"thread '.*panicked at \S+:\d+:\d+:$")
_JUL_LEVEL = re.compile(r"(SEVERE|WARNING|INFO|CONFIG|FINE|FINER|FINEST|[A-ZÄÖÜ]{4,}): ")


_WITH_STATEMENT = frozenset({"Query", "Prepare", "Execute"})
_MYSQL_GENERAL = re.compile(
    rf"(?:\d{{6}} [ \d]\d:\d\d:\d\d|\d{{4}}-\d\d-\d\dT[\d:.]+\S*|\t)\t *\d+ (?:{MYSQL_COMMANDS})\t"
    r"|\S+, Version: .*started with:|Time +Id Command"
)


def starts_trace(line: str) -> bool:
    """Return whether a line starts a stack trace or a report of a crash."""
    return "Traceback (most recent call last)" in line or _TRACE_START.match(line) is not None


def is_indented(line: str) -> bool:
    """Return whether a line has text after spaces or tabs."""
    return line[:1] in {" ", "\t"} and bool(line.strip())


def block_of(parsed: ParsedLine, line: str) -> str:
    """Return the name of the block that a first line announces, or an empty string."""
    name = parsed.format.rpartition("+")[2]
    if name == "mysql-general":
        return name if parsed.attributes.get("mysql.command") in _WITH_STATEMENT else ""
    if name in {"mysql-slow", "jul"} or (name == "rabbitmq" and line.startswith("=")):
        return name
    if line[:1] in {"=", "W"} and (_SANITIZER.match(line) or _RULER.match(line)):
        return "sanitizer"
    if line[-1:] == ":" and _RUST_PANIC.search(line):
        return "rust"
    return "node" if line[-1:].isdecimal() and _NODE_FILE.match(line) else ""


def continues_block(block: str, first: str, lines: Sequence[str], line: str) -> bool | None:
    """Return whether a line belongs to a block; None when the usual rules decide."""
    if block == "mysql-slow":
        return not line.startswith(("# Time:", "/")) and not (
            line.startswith("# User@Host:") and any(not before.startswith("#") for before in (first, *lines))
        )
    if block == "mysql-general":
        return not _MYSQL_GENERAL.match(line)
    if block == "jul":
        is_exception = len(lines) == 1 and _EXCEPTION_LINE.match(line) is not None
        return True if is_exception or (not lines and _JUL_LEVEL.match(line)) else None
    if block == "rabbitmq":
        return bool(line.strip()) and not line.startswith("=")
    if block == "rust":
        return True if not lines and line.strip() else None
    if block == "node":
        return _continues_node(lines, line)
    if _RULER.match(first) and not lines:
        return bool(_SANITIZER.match(line))
    return _continues_sanitizer(lines, line)


def _continues_sanitizer(lines: Sequence[str], line: str) -> bool:
    last = lines[-1] if lines else ""
    if last.startswith("==") and "ABORTING" in last:
        return False
    if _SANITIZER_END.match(last):
        return bool(_RULER.match(line)) or "ABORTING" in line
    return not (_RULER.match(last) and lines)


def _continues_node(lines: Sequence[str], line: str) -> bool:
    if len(lines) < 3 or is_indented(line) or not line.strip():
        return True
    return bool(_LAST_LINE.match(line) or _IN_TRACE.match(line) or _CHAINED.match(line) or _RUBY_FRAME.match(line))


def continues_trace(parsed: ParsedLine, lines: Sequence[str], line: str, *, in_trace: bool) -> bool:
    """Return whether a line without indentation continues the record. The line itself does not start a record."""
    if _CHAINED.match(line) or (":in " in line and _RUBY_FRAME.match(line)):
        return True
    if "Traceback" in line and _PYTHON.match(line):
        return parsed.is_header or in_trace
    if in_trace:
        before = lines[-1] if lines else ""
        if before[:1].isspace() and _LAST_LINE.match(line):
            return True
        return bool(_IN_GO.match(line) or _IN_TRACE.match(line))
    return not lines and _is_exception_of(parsed, line)


def _is_exception_of(parsed: ParsedLine, line: str) -> bool:
    """Java and .NET write the exception below the header, at the start of the line, before its frames."""
    if parsed.timestamp is None and parsed.severity not in {"error", "warn"}:
        return False
    if "Exception" not in line and "Error" not in line and "Throwable" not in line:
        return False  # the usual case
    match = _EXCEPTION_LINE.match(line)
    if match is None or not parsed.is_header:
        return False
    name = match["type"]
    is_named = re.search(r"(?:Exception|Error|Throwable)\b", name) is not None
    return is_named and ("." in name or "::" in name or parsed.severity == "error")


def exception_of(first: str, lines: Sequence[str]) -> tuple[str, str] | None:
    """Return the type and text of the exception in a joined record; None when it names none."""
    whole = [first, *lines]
    if any(_PYTHON.search(line) for line in whole):
        if group := next((found for line in whole if (found := _GROUP.match(line))), None):
            return group["type"], group["text"]
        last = next((line for line in reversed(lines) if line[:1].isalpha() or line[:1] == "_"), "")
        name, _, text = last.partition(": ")
        return (name, text) if re.fullmatch(r"[\w.]+", name) else None
    if ruby := _RUBY.match(first):
        return ruby["type"], ruby["text"]
    if not any(line.lstrip().startswith(("at ", "from ", "#0", "#1", "---", "... ")) for line in lines):
        return None
    for line in whole:
        text = re.sub(
            r"^(?:Exception in thread \"[^\"]*\" |Unhandled exception[.:] |Uncaught |PHP Fatal error: +Uncaught )",
            "",
            line,
        )
        match = _EXCEPTION_LINE.match(text)
        if match and re.search(r"(?:Exception|Error|Throwable)$", match["type"]):
            return match["type"], (match["text"] or "").strip()
    return None
