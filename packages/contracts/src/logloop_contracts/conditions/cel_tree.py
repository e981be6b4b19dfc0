"""Reads the syntax tree of a CEL expression from the serialised output of Google's compiler.

Field numbers are those of cel/expr/syntax.proto and checked.proto. CEL text is not parsed here: two parsers could
disagree about the meaning of an expression.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["const", "ident", "select", "call", "list", "map", "comprehension"]
Value = str | int | float | bool | bytes | None

_CHECKED_EXPR, _ANY_VALUE = 4, 2
_BINARY = {
    "_&&_": ("&&", 2),
    "_||_": ("||", 1),
    "_==_": ("==", 3),
    "_!=_": ("!=", 3),
    "_<_": ("<", 3),
    "_<=_": ("<=", 3),
    "_>_": (">", 3),
    "_>=_": (">=", 3),
    "@in": ("in", 3),
    "_+_": ("+", 4),
    "_-_": ("-", 4),
    "_*_": ("*", 5),
    "_/_": ("/", 5),
    "_%_": ("%", 5),
}
_ATOM = 9


@dataclass(frozen=True, slots=True)
class Node:
    """A node. `name` is the identifier, field or function; `children` are the target and the arguments in order."""

    kind: Kind
    id: int = 0
    name: str = ""
    value: Value = None
    children: tuple["Node", ...] = ()
    is_member: bool = False
    """For a call: the first child is the receiver."""
    test_only: bool = False
    """For a select: written as has(…)."""

    def walk(self) -> Iterator["Node"]:
        """Yield this node and all nodes below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def path(self) -> tuple[str, ...] | None:
        """Return `("log", "message")` for log.message, None for anything but a chain of names."""
        if self.kind == "ident":
            return (self.name,)
        if self.kind == "select" and not self.test_only:
            above = self.children[0].path()
            return (*above, self.name) if above else None
        return None

    def conjuncts(self) -> tuple["Node", ...]:
        """Return `a`, `b` and `c` of a top-level `a && b && c`; any other node is its own conjunct."""
        if self.kind == "call" and self.name == "_&&_":
            return tuple(clause for child in self.children for clause in child.conjuncts())
        return (self,)


def read_checked(serialized: bytes) -> Node:
    """Return the tree of a serialised cel.expr.CheckedExpr (in a google.protobuf.Any). Raises ValueError."""
    checked = _first(_fields(serialized), _ANY_VALUE)
    return _expr(_first(_fields(checked), _CHECKED_EXPR))


def _fields(data: bytes) -> list[tuple[int, int | bytes]]:
    """The numbered fields of a protobuf message in wire order."""
    found: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == 0:
            number, at = _varint(data, at)
            found.append((tag >> 3, number))
        elif kind in (1, 2, 5):
            size, at = _varint(data, at) if kind == 2 else ({1: 8, 5: 4}[kind], at)
            found.append((tag >> 3, data[at : at + size]))
            at += size
        else:
            raise ValueError(f"unknown protobuf wire type {kind}")
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, at
        shift += 7


def _first(parts: list[tuple[int, int | bytes]], number: int, default: bytes | None = None) -> bytes:
    for found, value in parts:
        if found == number and isinstance(value, bytes):
            return value
    if default is None:
        raise ValueError(f"the compiled expression has no field {number}")
    return default


def _integer(parts: list[tuple[int, int | bytes]], number: int) -> int:
    return next((value for found, value in parts if found == number and isinstance(value, int)), 0)


def _text(parts: list[tuple[int, int | bytes]], number: int) -> str:
    return _first(parts, number, b"").decode()


def _expr(data: bytes) -> Node:
    parts = _fields(data)
    node_id = _integer(parts, 2)
    for number, body in parts:
        if not isinstance(body, bytes):
            continue
        inner = _fields(body)
        if number == 3:
            unsigned = bool(inner) and inner[0][0] == 4
            return Node("const", node_id, name="uint" if unsigned else "", value=_constant(inner))
        if number == 4:
            return Node("ident", node_id, name=_text(inner, 1))
        if number == 5:
            operand = _expr(_first(inner, 1))
            return Node(
                "select", node_id, name=_text(inner, 2), children=(operand,), test_only=bool(_integer(inner, 3))
            )
        if number == 6:
            return _call(node_id, inner)
        if number == 7:
            return Node("list", node_id, children=_all(inner, 1))
        if number == 8:
            entries = [_fields(value) for found, value in inner if found == 2 and isinstance(value, bytes)]
            pairs = [item for entry in entries for item in (*_all(entry, 3), *_all(entry, 4))]
            return Node("map", node_id, children=tuple(pairs))
        if number == 9:
            below = tuple(_expr(_first(inner, part)) for part in (2, 4, 5, 6, 7))
            return Node("comprehension", node_id, name=_text(inner, 1), children=below)
    return Node("ident", node_id, name="_")


def _all(parts: list[tuple[int, int | bytes]], number: int) -> tuple[Node, ...]:
    return tuple(_expr(value) for found, value in parts if found == number and isinstance(value, bytes))


def _call(node_id: int, inner: list[tuple[int, int | bytes]]) -> Node:
    target = _all(inner, 1)
    return Node("call", node_id, name=_text(inner, 2), children=target + _all(inner, 3), is_member=bool(target))


def _constant(inner: list[tuple[int, int | bytes]]) -> Value:
    number, value = inner[0] if inner else (1, 0)
    if isinstance(value, int):
        if number == 2:
            return bool(value)
        return None if number == 1 else value - 2**64 if number == 3 and value >= 2**63 else value
    if number == 5:
        return float(struct.unpack("<d", value)[0])
    return value.decode() if number == 6 else value


def macro_of(node: Node) -> str:
    """Return the macro of a comprehension: exists, all, or `other` (map, filter, exists_one)."""
    initial, step = node.children[1], node.children[3]
    if isinstance(initial.value, bool) and step.kind == "call":
        return {"_||_": "exists", "_&&_": "all"}.get(step.name, "other")
    return "other"


def unparse(node: Node) -> str:
    """Return the CEL text of a node: as it was written, except for spaces and parentheses."""
    return _unparse(node)[0]


def _unparse(node: Node) -> tuple[str, int]:
    """The text, and the precedence of its operator."""
    if node.kind == "const":
        return _literal(node.value) + ("u" if node.name == "uint" else ""), _ATOM
    if node.kind == "ident":
        return node.name, _ATOM
    if node.kind == "select":
        text = f"{_wrapped(node.children[0], _ATOM)}.{node.name}"
        return (f"has({text})" if node.test_only else text), _ATOM
    if node.kind == "list":
        return f"[{', '.join(unparse(child) for child in node.children)}]", _ATOM
    if node.kind == "map":
        pairs = zip(node.children[::2], node.children[1::2], strict=False)
        return "{" + ", ".join(f"{unparse(key)}: {unparse(value)}" for key, value in pairs) + "}", _ATOM
    if node.kind == "comprehension":
        over, _, _, step, _ = node.children
        test = unparse(step.children[1]) if len(step.children) > 1 else "…"
        return f"{_wrapped(over, _ATOM)}.{macro_of(node)}({node.name}, {test})", _ATOM
    return _unparse_call(node)


def _unparse_call(node: Node) -> tuple[str, int]:
    if node.name in _BINARY and len(node.children) == 2:
        sign, strength = _BINARY[node.name]
        left, right = node.children
        right_strength = strength if sign in ("&&", "||") else strength + 1
        return f"{_wrapped(left, strength)} {sign} {_wrapped(right, right_strength)}", strength
    if node.name in ("!_", "-_"):
        return node.name[0] + _wrapped(node.children[0], _ATOM), 8
    if node.name == "_[_]":
        return f"{_wrapped(node.children[0], _ATOM)}[{unparse(node.children[1])}]", _ATOM
    if node.name == "_?_:_":
        test, then, other = node.children
        return f"{_wrapped(test, 1)} ? {_wrapped(then, 1)} : {unparse(other)}", 0
    receiver = node.children[:1] if node.is_member else ()
    arguments = ", ".join(unparse(child) for child in node.children[len(receiver) :])
    prefix = "".join(f"{_wrapped(child, _ATOM)}." for child in receiver)
    return f"{prefix}{node.name}({arguments})", _ATOM


def _wrapped(node: Node, strength: int) -> str:
    text, binds = _unparse(node)
    return text if binds >= strength else f"({text})"


def _literal(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return f"b{json.dumps(value.decode('latin-1'))}"
    return json.dumps(value, ensure_ascii=False)
