"""Makes entries of the forms that logging.handlers.HTTPHandler of Python's standard library sends."""

import ast
import re
from collections.abc import Mapping

from logloop_ingest.limits import Limits
from logloop_ingest.protocols.translation.documents import DocumentEntry, FieldNames, entry_of_document
from logloop_ingest.protocols.translation.exceptions import STACKTRACE, message_with

_NAMES = FieldNames(
    message=("msg",),
    timestamp=("created",),
    severity=("levelname",),
    service=("service_id", "service", "service.name"),
    test=("test_id",),
    function=("func_id",),
    source=("source",),
)
_ATTRIBUTES = {
    "name": "logger",
    "pathname": "code.file.path",
    "lineno": "code.line.number",
    "threadName": "thread.name",
    "process": "process.id",
    "processName": "process.name",
}
_DERIVED = frozenset({"levelno", "filename", "msecs", "relativeCreated", "thread", "exc_info", "exc_text", "args"})
"""What follows from other fields, or means something only within the process."""
_MAX_ARGUMENTS = 2**20
_MAX_COMMAS = 1000
_MAX_FORMATTED = 2**22
_WIDTH = 1000
_WIDE = re.compile(r"%(\([^)]*\))?[^a-zA-Z%]*(\d{4}|\*)")
"""A field with a width of `_WIDTH` characters or more, or of a number that is an argument."""


def is_record(form: Mapping[str, str]) -> bool:
    """Return whether a form has the fields of a LogRecord."""
    return form.keys() >= {"msg", "levelname", "created"}


def entry_of_record(form: Mapping[str, str], *, service: str | None, limits: Limits, now_us: int) -> DocumentEntry:
    """Return the entry of a LogRecord. Without `service` it is that of the record, else the name of its logger."""
    fields = {name: value for name, value in form.items() if name not in _DERIVED and value != "None"}
    message = formatted(form["msg"], form.get("args", ""))
    if message is None:
        message = form["msg"]
        fields["args"] = form["args"]
    stack = form.get("exc_text", "None")
    if stack != "None":
        fields[STACKTRACE] = stack
        message = message_with(message, stack)
    elif form.get("exc_info", "None") not in {"None", "(None, None, None)", "False"}:
        fields["exc_info"] = form["exc_info"]
    fields["msg"] = message
    module, function = fields.pop("module", ""), fields.pop("funcName", "")
    if function and "func_id" not in fields:
        fields["func_id"] = f"{module}:{function}"
    logger = fields.pop("name", "")
    document = {_ATTRIBUTES.get(name, name): value for name, value in fields.items()}
    document |= {"logger": logger} if logger else {}
    fallback = service or (logger if logger != "root" else None)
    return entry_of_document(document, limits=limits, now_us=now_us, names=_NAMES, service=fallback)


def formatted(template: str, arguments: str) -> str | None:
    """Return a message with its arguments, which are the text of a tuple or a dict; None if it cannot be made."""
    if arguments in {"", "()", "None"}:
        return template
    if len(arguments) > _MAX_ARGUMENTS or arguments.count(",") > _MAX_COMMAS or _WIDE.search(template):
        return None
    if template.count("%") * (len(arguments) + _WIDTH) > _MAX_FORMATTED:
        return None
    try:
        values = ast.literal_eval(arguments)
        return str(template % values)
    except (ValueError, SyntaxError, TypeError, KeyError, IndexError, OverflowError, MemoryError, RecursionError):
        return None
