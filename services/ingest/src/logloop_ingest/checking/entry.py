"""Checks one entry and returns its row or all its violations; some 5 µs an entry."""

from typing import Any

from logloop_ingest.checking.errors import InvalidValue
from logloop_ingest.checking.fields import FIELDS
from logloop_ingest.checking.rows import Row
from logloop_ingest.checking.rules import Rules, Violation
from logloop_ingest.checking.sanitising import attributes_json, sanitised, with_severity_text
from logloop_ingest.parsing.json_values import InvalidLine

_FIELD_NAMES = frozenset(FIELDS)
_MAX_UNKNOWN_FIELDS = 10


def check_entry(entry: Any, rules: Rules) -> tuple[str, Row] | list[Violation]:
    """Return the project and row of an entry, with its text sanitised, or every rule that it breaks."""
    if isinstance(entry, InvalidLine):
        return [Violation("entry", "not_json", entry.reason)]
    if not isinstance(entry, dict):
        return [Violation("entry", "not_an_object", "an entry must be a JSON object")]
    violations = _unknown_fields(entry) if entry.keys() - _FIELD_NAMES else []
    values: dict[str, Any] = {}
    for name, checked in FIELDS.items():
        try:
            values[name] = checked(entry.get(name), rules)
        except InvalidValue as error:
            violations.append(Violation(name, error.code, str(error)))
    if violations:
        return violations
    project_id = values.pop("project_id")
    values["attributes"] = attributes_json(with_severity_text(values["attributes"], entry["severity"]))
    row = Row(**values)
    if sum(len(value.encode()) for value in row[1:] if value) > rules.limits.entry_bytes:
        reason = f"an entry may have {rules.limits.entry_bytes} bytes; store large data elsewhere"
        return [Violation("entry", "too_large", reason)]
    return project_id, row


def _unknown_fields(entry: dict[str, Any]) -> list[Violation]:
    names = sorted(sanitised(name) for name in entry.keys() - _FIELD_NAMES)
    return [
        Violation(name[:80], "unknown_field", "unknown field; put additional data into attributes")
        for name in names[:_MAX_UNKNOWN_FIELDS]
    ]
