"""The JSON body of a webhook: the user's own template, or every value."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

NAMES = frozenset(
    {"id", "title", "text", "count", "first_at", "last_at", "project", "rules", "services", "lines", "link", "test"}
)
_PLACE = re.compile(r"\{\{\s*([^{}]{0,60}?)\s*\}\}")
MAX_BYTES = 16 * 1024
MAX_DEPTH = 10


def check_template(template: Mapping[str, Any]) -> None:
    """Raise ValueError when a template is too large or deep, or uses an unknown name."""
    unknown = sorted(_used(template, 0) - NAMES)
    try:
        size = len(orjson.dumps(template))
    except TypeError as error:
        raise ValueError("the template has a number that JSON parsers read differently; write it as text") from error
    if size > MAX_BYTES:
        raise ValueError(f"the template may have {MAX_BYTES} bytes")
    if unknown:
        raise ValueError(f"the template uses unknown names: {', '.join(unknown)}; known: {', '.join(sorted(NAMES))}")


def _used(value: Any, depth: int) -> set[str]:
    if depth > MAX_DEPTH:
        raise ValueError(f"the template may be nested {MAX_DEPTH} levels deep")
    if isinstance(value, str):
        return set(_PLACE.findall(value))
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return set().union(*(_used(item, depth + 1) for item in items))


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """Return the template with its places filled in. A text that is one place becomes the value itself."""
    if isinstance(template, Mapping):
        return {name: fill(value, values) for name, value in template.items()}
    if isinstance(template, list):
        return [fill(value, values) for value in template]
    if not isinstance(template, str):
        return template
    whole = _PLACE.fullmatch(template)
    if whole:
        return values[whole[1]]
    return _PLACE.sub(lambda match: _text(values[match[1]]), template)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
