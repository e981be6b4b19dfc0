"""What schemathesis does in these tests. It loads this file through SCHEMATHESIS_HOOKS."""

import json
from typing import Any

import schemathesis

_REPETITIVE = {"incorrect_type", "unspecified_http_method"}
"""A value of every other type for each field, and every other method for each path: a third of all cases."""
_tried: set[tuple[object, ...]] = set()


@schemathesis.serializer("application/x-ndjson")
def ndjson(_: object, value: object) -> bytes:
    """Return a generated text unchanged and anything else as one line of JSON."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "surrogatepass")


@schemathesis.hook
def filter_case(_context: object, case: Any) -> bool:
    """Return whether to send a case: one wrong type for each field is enough, and one wrong method for each path."""
    case_of = getattr(case.meta.phase.data, "scenario", None) if case.meta else None
    if case_of is None or case_of.value not in _REPETITIVE:
        return True
    data = case.meta.phase.data
    key = (case.operation.label, data.scenario, data.parameter_location, data.parameter, data.location)
    is_new = key not in _tried
    _tried.add(key)
    return is_new
