"""Selects the rows of a batch that can match a rule: its filter and simple clauses as Arrow kernels.

Other clauses remain for CEL, row by row, on the rows that are left.
"""

import json
import re
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.conditions.cel_tree import Node
from logloop_contracts.conditions.condition import Clause

_TEXT_COLUMNS = {
    "log.severity": "severity",
    "log.service_id": "service_id",
    "log.test_id": "test_id",
    "log.func_id": "func_id",
    "log.source": "source",
    "log.message": "message",
    "log.pattern": "pattern",
}
_SUBSTRING = {"contains": pc.match_substring, "startsWith": pc.starts_with, "endsWith": pc.ends_with}
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.\-/ ]+")
_FREE_TEXT = frozenset({"message", "attributes"})

Mask = Callable[["Rows"], Any]
"""Maps rows to an Arrow boolean array of the same length."""


class Rows:
    """Some rows of a log table; a column is gathered when it is first read."""

    def __init__(self, table: pa.Table, indices: pa.Array | None = None) -> None:
        self.table = table
        self.indices = indices
        self._columns: dict[str, Any] = {}

    def __len__(self) -> int:
        return self.table.num_rows if self.indices is None else len(self.indices)

    def column(self, name: str) -> Any:
        """Return a column as one contiguous array."""
        if name not in self._columns:
            chunks = self.table.column(name)
            whole = chunks.chunk(0) if chunks.num_chunks == 1 else chunks.combine_chunks()
            if isinstance(whole, pa.ChunkedArray):
                whole = whole.chunk(0) if whole.num_chunks else pa.array([], whole.type)
            self._columns[name] = whole if self.indices is None else whole.take(self.indices)
        return self._columns[name]

    def values(self, name: str) -> list[Any]:
        """Return a column as Python values, None for null."""
        found: list[Any] = self.column(name).to_pylist()
        return found

    def where(self, mask: Any) -> "Rows":
        """Return the rows where the mask is true."""
        if pc.all(mask).as_py() is not False:
            return self
        kept = pc.indices_nonzero(mask)
        return Rows(self.table, kept if self.indices is None else self.indices.take(kept))

    def test(self, name: str, kernel: Callable[[Any], Any]) -> Any:
        """Apply a text predicate, once per distinct value if the column is dictionary-encoded; null is ''."""
        column = self.column(name)
        if not pa.types.is_dictionary(column.type):
            return kernel(pc.fill_null(column, ""))
        verdicts = kernel(column.dictionary)
        if column.null_count:
            absent = kernel(pa.array([""], pa.utf8()))
            verdicts = pa.concat_arrays([verdicts, absent])
            return verdicts.take(pc.fill_null(column.indices, len(verdicts) - 1))
        return verdicts.take(column.indices)


@dataclass(frozen=True)
class Prefilter:
    """Kernels in the order in which they run, cheap ones first; `residual` clauses are left for CEL.

    `mentions` are those kernels that test for the attributes that a residual clause reads.
    """

    masks: tuple[Mask, ...]
    described: tuple[str, ...]
    residual: tuple[Clause, ...]
    mentions: frozenset[Mask] = frozenset()

    def apply(self, rows: Rows, *, without: AbstractSet[Mask] = frozenset()) -> Rows:
        """Return the rows that pass every kernel but those in `without`."""
        for mask in self.masks:
            if not len(rows):
                break
            if mask not in without:
                rows = rows.where(mask(rows))
        return rows


def derive(fixed: Sequence[tuple[str, Mask]], clauses: Sequence[Clause]) -> Prefilter:
    """Return the prefilter of a rule: its filter (`fixed`, with descriptions) and its simple row clauses."""
    cheap: list[tuple[str, Mask]] = list(fixed)
    costly: list[tuple[str, Mask]] = []
    mentions: list[tuple[str, Mask]] = []
    residual = []
    for clause in clauses:
        mask = _translate(clause.node)
        if mask is None:
            residual.append(clause)
            mentions += [(f"attributes mention {key!r}", _mentions(key)) for key in sorted(_needed_keys(clause.node))]
        else:
            (costly if "log.message" in clause.names else cheap).append((clause.text, mask))
    ordered = cheap + costly + mentions
    return Prefilter(
        tuple(mask for _, mask in ordered),
        tuple(text for text, _ in ordered),
        tuple(residual),
        frozenset(mask for _, mask in mentions),
    )


def one_of(column: str, wanted: Sequence[str]) -> Mask:
    """Return a mask for rows whose column is one of these texts."""
    values = pa.array(list(wanted), pa.utf8())
    return lambda rows: rows.test(column, lambda texts: pc.is_in(texts, value_set=values))


def contains(column: str, text: str, *, ignore_case: bool = False) -> Mask:
    """Return a mask for rows whose column contains a text."""
    return lambda rows: rows.test(
        column, lambda texts: pc.match_substring(texts, pattern=text, ignore_case=ignore_case)
    )


def _translate(node: Node) -> Mask | None:
    if node.kind == "const" and isinstance(node.value, bool):
        value = pa.scalar(node.value)
        return lambda rows: pa.repeat(value, len(rows))
    if node.kind != "call":
        return None
    if node.name in ("_&&_", "_||_"):
        return _translate_pair(node)
    if node.name == "!_":
        inner = _translate(node.children[0])
        return None if inner is None else lambda rows: pc.invert(inner(rows))
    return _translate_test(node)


def _translate_pair(node: Node) -> Mask | None:
    left, right = (_translate(child) for child in node.children)
    if left is None or right is None:
        return None
    combine = pc.and_ if node.name == "_&&_" else pc.or_
    return lambda rows: combine(left(rows), right(rows))


def _translate_test(node: Node) -> Mask | None:
    if len(node.children) != 2:
        return None
    left, right = node.children
    if node.name in ("_==_", "_!=_") and left.kind == "const":
        left, right = right, left
    column = _TEXT_COLUMNS.get(left.name) if left.kind == "ident" else None
    if column is None:
        return None
    if node.name == "@in":
        texts = [child.value for child in right.children] if right.kind == "list" else []
        wanted = [text for text in texts if isinstance(text, str)]
        return one_of(column, wanted) if wanted and len(wanted) == len(right.children) else None
    if right.kind != "const" or not isinstance(right.value, str):
        return None
    return _text_mask(node.name, column, right.value)


def _text_mask(function: str, column: str, text: str) -> Mask | None:
    if function == "_==_":
        return lambda rows: rows.test(column, lambda texts: pc.equal(texts, text))
    if function == "_!=_":
        return lambda rows: rows.test(column, lambda texts: pc.not_equal(texts, text))
    kernel = _SUBSTRING.get(function)
    if kernel is None:
        return None
    return lambda rows: rows.test(column, lambda texts: kernel(texts, pattern=text))


def _needed_keys(node: Node) -> frozenset[str]:
    """Attribute keys without which a clause cannot be true: reading a missing one counts as false."""
    if node.kind != "call" or node.name in ("_||_", "!_", "_?_:_"):
        return frozenset()
    if node.name == "_&&_":
        return _needed_keys(node.children[0]) | _needed_keys(node.children[1])
    keys = frozenset[str]()
    for child in node.children:
        keys |= _keys_of(child)
    return keys


def _keys_of(node: Node) -> frozenset[str]:
    """The keys of one plain attribute access."""
    keys = set()
    while not (node.kind == "ident" and node.name == "log.attributes"):
        if node.kind == "select" and not node.test_only:
            keys.add(node.name)
        elif node.kind == "call" and node.name == "_[_]" and isinstance(node.children[1].value, str):
            keys.add(node.children[1].value)
        else:
            return frozenset()
        node = node.children[0]
    return frozenset(key for key in keys if _PLAIN_KEY.fullmatch(key))


def _mentions(key: str) -> Mask:
    quoted = json.dumps(key)
    return lambda rows: rows.test("attributes", lambda texts: pc.match_substring(texts, pattern=quoted))
