"""Conditions may name a template, or a pattern that an earlier version of the mask found.

A condition with `log.pattern == "user <*> left"` is a text that a person or a file keeps, so it outlives the mask
that found the pattern. It may also be a template, which unites patterns of several lines. A rule sees single lines.
"""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import re2
from logloop_contracts.conditions.condition import Condition
from logloop_contracts.patterns import VARIABLE
from logloop_contracts.patterns.masking import FIRST_VERSION, mask_messages
from logloop_contracts.patterns.merging import expression_for

_FIRST = "first_pattern"
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_COMPARISONS = frozenset({"_==_", "_!=_", "@in"})


@dataclass(frozen=True)
class NamedPatterns:
    """The texts with `<*>` that a condition compares the pattern of a log with."""

    texts: pa.Array
    expressions: tuple[tuple[str, Any], ...]
    """Each text, and an expression that its patterns match."""

    def name(self, patterns: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return the patterns, with a named text in place of each pattern that fits it and is not named itself."""
        encoded = patterns.combine_chunks().dictionary_encode()
        named = set(self.texts.to_pylist())
        texts = [text if text in named else self._named(text) for text in encoded.dictionary.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.utf8()).take(encoded.indices).dictionary_encode()])

    def _named(self, pattern: str) -> str:
        return next((text for text, wanted in self.expressions if wanted.fullmatch(pattern)), pattern)


def named_patterns(condition: Condition) -> NamedPatterns | None:
    """Return the patterns that a condition names, or None if there are none."""
    comparisons = [
        node
        for clause in condition.clauses
        if "log.pattern" in clause.names
        for node in clause.node.walk()
        if node.kind == "call"
        and node.name in _COMPARISONS
        and any(child.name == "log.pattern" for child in node.children)
    ]
    values = [node.value for comparison in comparisons for node in comparison.walk() if node.kind == "const"]
    texts = sorted({value for value in values if isinstance(value, str) and VARIABLE in value})
    return NamedPatterns(pa.array(texts, pa.utf8()), tuple(_expressions(texts))) if texts else None


def _expressions(texts: list[str]) -> list[tuple[str, Any]]:
    found = []
    for text in texts:
        try:
            found.append((text, re2.compile(expression_for(text), _OPTIONS)))
        except re2.error:
            continue  # it is too long for an expression, and equality still holds
    return found


def with_first_patterns(table: pa.Table) -> pa.Table:
    """Return a log batch table with a column for the patterns of version 1, which all rules on it share."""
    if _FIRST in table.column_names:
        return table
    messages = table.column("message")
    patterns = [mask_messages(chunk, FIRST_VERSION) for chunk in messages.chunks]
    return table.append_column(_FIRST, pa.chunked_array(patterns, pa.dictionary(pa.int32(), pa.utf8())))


def as_named(table: pa.Table, named: NamedPatterns | None) -> pa.Table:
    """Return the table with a named text in place of each pattern that it stands for.

    It stands for itself, for the same pattern of version 1, and for patterns that fit it. The first of these counts.
    """
    if named is None or not table.num_rows:
        return table
    table = with_first_patterns(table)
    first, current = (table.column(name).cast(pa.utf8()) for name in (_FIRST, "pattern"))
    older = pc.and_not(pc.is_in(first, value_set=named.texts), pc.is_in(current, value_set=named.texts))
    patterns = named.name(pc.if_else(older, first, current))
    return table.set_column(table.column_names.index("pattern"), "pattern", patterns)
