"""Puts an exception into an entry: the message names it, and an attribute has its stack trace."""

STACKTRACE = "exception.stacktrace"
TYPE = "exception.type"
MESSAGE = "exception.message"


def message_with(message: str, stacktrace: str) -> str:
    """Return a message with the line of a stack trace that names the exception, unless it has that already."""
    lines = [line.strip() for line in stacktrace.splitlines() if line.strip()]
    if not lines:
        return message
    is_python = any(line.startswith("Traceback (most recent call last)") for line in lines)
    named = lines[-1] if is_python else lines[0]
    return message if named in message else f"{message}\n{named}".lstrip("\n")
