"""What the integrations share: settings, and the fields, attributes and exceptions of an entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from logloop.api.encoding import json_safe, text_of, unique_name
from logloop.handler import FIELDS, add_exception
from logloop.log_context import current_context
from logloop.sending.batch_sender import Entry

_FOUR_LEVELS = frozenset({"debug", "info", "warning", "warn", "error"})


class HandlerOptions(TypedDict, total=False):
    """The options of LoggingHandler that an integration takes as well, except level and source."""

    url: str | None
    api_key: str | None
    project: str | None
    service: str | None
    attributes: Mapping[str, Any] | None
    capacity: int
    batch_entries: int
    linger: float
    timeout: float
    exit_timeout: float


def entry_from(
    fixed: Entry,
    message: str,
    own: dict[str, Any],
    given: Mapping[str, Any],
    *,
    level: str,
    severity: str,
    exception: Any = None,
) -> Entry:
    """Return an entry. `own` are attributes from the library itself, `given` what the program states.

    Fields among `given` and the context become fields; an attribute with a name of `own` becomes `extra.<name>`.
    `exception` is an exception, or a tuple as of sys.exc_info().
    """
    entry: Entry = dict(fixed)
    if level.lower() not in _FOUR_LEVELS:
        own["severity_text"] = level
    message = add_exception(message, own, exception)
    attributes = {**fixed.get("attributes", {}), **own}
    for name, value in {**current_context(), **given}.items():
        if name in FIELDS:
            if value is not None:
                entry[name] = value if isinstance(value, str) else text_of(value)
        elif name in own:
            attributes[f"extra.{name}"] = json_safe(value)
        else:
            attributes[name if isinstance(name, str) else unique_name(name, attributes)] = json_safe(value)
    return {**entry, "message": message, "severity": severity, "attributes": attributes}
