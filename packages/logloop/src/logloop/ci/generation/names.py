"""Makes Python names and texts of what users called their pipelines and fields. Nothing of it can become code."""

from __future__ import annotations

import keyword
import re
import textwrap
from collections.abc import Iterable, Iterator

_NOT_IN_NAMES = re.compile(r"[^0-9a-z]+")
_RESERVED = frozenset({"client", "ci", "annotations", "datetime", "str", "int", "float", "bool"})
WIDTH = 88


def function_name(reference: str) -> str:
    """Return a function name for a pipeline, such as `checkout_diagnose` for `checkout/diagnose`."""
    name = _NOT_IN_NAMES.sub("_", reference.lower()).strip("_") or "pipeline"
    if name[0].isdigit() or keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in _RESERVED:
        name = f"start_{name}"
    return name


def parameter_name(field: str) -> str:
    """Return a parameter name for a field: the field itself, with `_` after a word that Python or the module uses."""
    if not field.isidentifier() or not field.isascii():
        raise ValueError(f"the field name {field!r} is not a Python name")
    return f"{field}_" if keyword.iskeyword(field) or field in _RESERVED or field.startswith("__") else field


def class_name(function: str, field: str) -> str:
    """Return the name of the type of a field with a fixed list of values."""
    return "".join(part.capitalize() for part in f"{function}_{field}".split("_") if part)


def unique(names: Iterable[str], suffix: str = "") -> list[str]:
    """Return the names with numbers behind those that are taken, as they are or with the suffix."""
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        number, candidate = 2, name
        while taken & {candidate, candidate + suffix}:
            number, candidate = number + 1, f"{name}_{number}"
        found.append(candidate)
        taken |= {candidate, candidate + suffix}
    return found


def literal(text: str) -> str:
    """Return a Python string literal in ASCII, with the quotes that need fewer escapes."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_escaped(char, quote) for char in text) + quote


def _escaped(char: str, quote: str) -> str:
    return f"\\{char}" if char in (quote, "\\") else "'" if char == "'" else ascii(char)[1:-1]


def prose(text: str) -> str:
    """Return a text for a docstring: one paragraph without anything that ends or escapes the string."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(plain.split()).replace("\\", "/").replace('"', "'")


def wrapped(text: str, indent: str, hanging: str = "") -> Iterator[str]:
    """Yield a paragraph in lines of at most 88 characters."""
    yield from textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent + hanging, break_on_hyphens=False
    )
