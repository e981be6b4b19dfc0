"""Conditions that name a pattern of version 1 of the mask still hold for the logs that have it.

A condition with `log.pattern == "took <*> for <*>"` is a text that a person or a file keeps, so it outlives the mask
that found the pattern.
"""

import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.conditions.condition import Condition
from logloop_contracts.patterns.masking import FIRST_VERSION, VARIABLE, mask_messages

_FIRST = "first_pattern"
_COMPARISONS = frozenset({"_==_", "_!=_", "@in"})


def named_patterns(condition: Condition) -> frozenset[str]:
    """Return the patterns that a condition compares the pattern of a log with."""
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
    return frozenset(value for value in values if isinstance(value, str) and VARIABLE in value)


def with_first_patterns(table: pa.Table) -> pa.Table:
    """Return a log batch table with a column for the patterns of version 1, which all rules on it share."""
    if _FIRST in table.column_names:
        return table
    messages = table.column("message")
    patterns = [mask_messages(chunk, FIRST_VERSION) for chunk in messages.chunks]
    return table.append_column(_FIRST, pa.chunked_array(patterns, pa.dictionary(pa.int32(), pa.utf8())))


def as_named(table: pa.Table, named: frozenset[str]) -> pa.Table:
    """Return the table in which a log whose pattern of version 1 is named has that one, unless both are named."""
    if not named:
        return table
    table = with_first_patterns(table)
    first, current = (table.column(name).cast(pa.utf8()) for name in (_FIRST, "pattern"))
    wanted = pa.array(sorted(named), pa.utf8())
    is_named = pc.and_not(pc.is_in(first, value_set=wanted), pc.is_in(current, value_set=wanted))
    if not pc.any(is_named).as_py():
        return table
    patterns = pc.if_else(is_named, first, current).dictionary_encode()
    return table.set_column(table.column_names.index("pattern"), "pattern", patterns)
