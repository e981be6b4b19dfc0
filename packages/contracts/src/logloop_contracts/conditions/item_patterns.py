"""Patterns that a condition matches with each item of a list, such as each line of a run.

The engine compiles a pattern again for each item, which takes up to 1 ms. So these patterns are matched here, and the
engine reads the results as fields.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import re2

from logloop_contracts.conditions.cel_tree import Node
from logloop_contracts.conditions.names import ITEM_FIELDS


@dataclass(frozen=True, slots=True)
class ItemPattern:
    """A pattern for a field of the items of a list."""

    items: str
    field: str
    pattern: str

    @property
    def key(self) -> str:
        """The field that holds whether it matches."""
        content = f"{self.field}\0{self.pattern}".encode()
        return f"matches_{hashlib.blake2b(content, digest_size=8).hexdigest()}"


def pattern_calls(tree: Node) -> Iterable[tuple[Node, Node]]:
    """Yield each macro over a list of items with each call of `matches` in it."""
    for macro in tree.walk():
        if macro.kind == "comprehension" and macro.children[0].name in ITEM_FIELDS:
            yield from ((macro, node) for node in macro.walk() if node.kind == "call" and node.name == "matches")


def item_pattern(macro: Node, call: Node) -> ItemPattern | None:
    """Return the pattern of `line.text.matches("…")`, None for a call on anything but a field of the item."""
    field, pattern = call.children[0], call.children[-1].value
    if field.kind != "select" or field.children[0].kind != "ident" or field.children[0].name != macro.name:
        return None
    return ItemPattern(macro.children[0].name, field.name, pattern) if isinstance(pattern, str) else None


def lifted(node: Node, macro: Node | None = None) -> Node:
    """Return an expression that reads the result of each such pattern instead of matching it."""
    if node.kind == "comprehension" and node.children[0].name in ITEM_FIELDS:
        macro = node
    found = (
        item_pattern(macro, node) if macro is not None and node.kind == "call" and node.name == "matches" else None
    )
    if found is not None:
        return Node("select", node.id, name=found.key, children=(node.children[0].children[0],))
    return replace(node, children=tuple(lifted(child, macro) for child in node.children))


def with_matches(
    name: str, items: Sequence[Mapping[str, Any]], patterns: Iterable[ItemPattern]
) -> Sequence[Mapping[str, Any]]:
    """Return the items of a list with the results of its patterns."""
    compiled = [(item.key, item.field, re2.compile(item.pattern)) for item in patterns if item.items == name]
    if not compiled:
        return items
    return [
        {**item, **{key: pattern.search(str(item.get(field, ""))) is not None for key, field, pattern in compiled}}
        for item in items
    ]
