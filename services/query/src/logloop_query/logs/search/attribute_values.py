"""Reads the values and the names of attributes, to count logs by them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from logloop_query.logs.search.attributes import in_steps, key_pattern, lookup, matching_texts, parsed, scalar_text
from logloop_query.logs.search.language.attribute_fields import PREFIX, is_attribute, is_too_long
from logloop_query.logs.search.limits.pace import Pace

MAX_VALUE = 1000
"""Characters of a value that are counted. Longer values with the same beginning are counted together."""
MAX_NAMES = 10_000
"""Maximum number of different names in one count."""


def source_column(key: str) -> str:
    """Return the column of a log batch that holds a key."""
    return "attributes" if is_attribute(key) else key


def with_values(texts: Any, fields: Sequence[str], pace: Pace) -> dict[str, Any]:
    """Return the value of each log for each field, such as `attributes.http.status`, as utf8 arrays.

    `texts` are the attributes of the logs as utf8, or as a dictionary of whole texts. A value is null where the
    attribute is missing or an object. Of several values, in a list, the first counts.
    """
    if isinstance(texts, pa.DictionaryArray):
        of_each = with_values(texts.dictionary, fields, pace)
        return {field: found.take(texts.indices) for field, found in of_each.items()}
    paths = {field: field.removeprefix(PREFIX) for field in fields}
    pattern = "|".join(sorted({key_pattern(path) for path in paths.values()}))
    candidates = matching_texts(texts, pattern, pace)
    distinct = pc.if_else(candidates, texts, pa.scalar(None, pa.utf8())).dictionary_encode()
    values: dict[str, list[str | None]] = {field: [] for field in fields}
    for part in in_steps(distinct.dictionary, pace):
        contents = [parsed(text) for text in part]
        for field, path in paths.items():
            look_up = lookup(path)
            values[field] += [_first_text(look_up(content)) for content in contents]
    return {field: pa.array(found, pa.utf8()).take(distinct.indices) for field, found in values.items()}


def _first_text(values: Sequence[Any]) -> str | None:
    text = _value_text(values[0]) if values else None
    return text if text is None or len(text) <= MAX_VALUE else text[:MAX_VALUE] + "…"


def _value_text(value: Any) -> str | None:
    """Return a value as a search finds it: 500.0 as 500."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return scalar_text(value)


def count_names(texts: Any, pace: Pace) -> tuple[Counter[str], bool]:
    """Return the number of logs by attribute name, and whether some names were left out of too many.

    `texts` are the attributes of the logs, with nulls.
    """
    counts: Counter[str] = Counter()
    complete = True
    counted = pc.value_counts(texts.drop_null())
    repeats = iter(counted.field("counts").to_pylist())
    for part in in_steps(pc.cast(counted.field("values"), pa.utf8()), pace):
        for text in part:
            times = next(repeats)
            for name in set(_names(parsed(text), "")):
                if len(counts) < MAX_NAMES or name in counts:
                    counts[name] += times
                else:
                    complete = False
    return counts, complete


def _names(value: Any, path: str) -> Iterator[str]:
    """Yield the dotted name of each value that is neither null nor an object, if a search accepts the name."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _names(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner, path)
    elif value is not None and path and not is_too_long(PREFIX + path):
        yield path
