"""Builds the bodies of dispatches, and compares the definitions of generated code with the platform's."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from logloop.api.encoding import moment_text


class OutdatedDefinitions(UserWarning):
    """Generated code is older than the platform's definitions; run `logloop ci generate` again."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A pipeline as generated code knows it."""

    reference: str
    digest: str
    module: str


_warned: set[str] = set()
_lock = Lock()


def dispatch_body(pipeline: str, template: str | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a dispatch. Values that are None are left out."""
    body: dict[str, Any] = {"pipeline": pipeline, "values": _json_values(values)}
    if template is not None:
        body["template_id"] = template
    return body


def _json_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _json_value(value) for name, value in values.items() if value is not None}


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment_text(value)
    return list(value) if isinstance(value, tuple) else value


def warn_if_outdated(definition: Definition, dispatch: Mapping[str, Any]) -> None:
    """Warn once per generated module when a dispatch was made with another definition than the module knows.

    The dispatch itself says which: this costs no request.
    """
    if dispatch.get("definition") in (None, definition.digest):
        return
    with _lock:
        if definition.module in _warned:
            return
        _warned.add(definition.module)
    warnings.warn(
        f"{definition.module} is older than the pipeline {definition.reference!r} on the platform; "
        "run `logloop ci generate` again",
        OutdatedDefinitions,
        stacklevel=4,
    )
