"""A reference implementation of searches in plain Python: generated logs, searches, and what each must find.

It imports nothing from the service, so that it shares no error with it.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from logloop_contracts.patterns.masking import mask_text

BATCH = "06k3v5e1c8q0g2d7h4n9s5t1vk"
START = datetime(2026, 11, 22, 10, 59, 58, tzinfo=UTC)
TRACE_ID = 105_312_291_668_557_186_697_918_027_683_670_432_318
"""A trace id as some programs write it: a number of 128 bits."""
SEVERITIES = ("debug", "info", "warn", "error")


@dataclass(frozen=True)
class Row:
    """One log."""

    number: int
    timestamp: datetime
    severity: str
    service_id: str
    test_id: str | None
    func_id: str | None
    source: str | None
    message: str
    attributes: dict[str, Any] | None

    @property
    def id(self) -> str:
        """Its log id."""
        hours = int((self.timestamp - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(hours=1))
        return f"{BATCH}-{hours:x}-{self.number:x}"

    @property
    def pattern(self) -> str:
        """Its message pattern."""
        return mask_text(self.message)


# --- logs ----------------------------------------------------------------------------------------------------

_LONG_S, _DOTLESS_I = "\u017f", "\u0131"
_CASES = ["ß", "ẞ", _LONG_S, "S", "s", "K", "k", "İ", _DOTLESS_I, "i", "I", "e\u0301", "é", "É", "ς", "Σ", "ǅ", "ﬁ"]
_WORDS = st.sampled_from(
    [
        *("foo", "Foo", "FOO", "foobar", "barfoo", "bar", "time", "timeout", "out", "a", "b1", "42", "500"),
        *(*_CASES, "日本", "🙂", "\u2028"),
    ]
)
_GLUE = st.sampled_from(
    [" ", "  ", "\n", "\t", "-", "_", "/", '"', "\\", ":", "(", ")", "{", "}", "[", ",", ".", "*"]
)
_TOKENS = st.sampled_from(
    ["98765432", "req_7f3a", "REQ_7F3A", "ord-98765432", "7f3a9c", "é98765432", "98765432e\u0301"]
)
_MESSAGES = st.lists(st.one_of(_WORDS, _TOKENS, _GLUE, st.text('abF é*?\\"', max_size=3)), max_size=6).map("".join)
_KEYS = st.sampled_from(["a", "a", "b", "a.b", "b.c", 'q"t', "x y\\é"])
_SCALARS = st.one_of(
    st.sampled_from([0, 42, 500, -5, 500.0, 1.5, -0.0, 1e16, True, False, None, 1, 1.0, 0.1, 1e300, 10**15, 1e15]),
    st.sampled_from([2**53 + 1, 2**63, 2**64 - 1, -(2**63), 10**20, TRACE_ID]),
    st.sampled_from(
        [
            "",
            "foo",
            "Foo",
            "500",
            "1",
            "1.0",
            "true",
            "null",
            "ß",
            'say "hi"',
            '{"a":500}',
            "é",
            "e\u0301",
            "\\",
            "line\nbreak",
            "*",
            "98765432",
            "req_7f3a",
            "a\nreq_7f3a",
            "req_7f3ae\u0301",
        ]
    ),
    st.sampled_from([98765432, 98765432.0, -98765432]),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(_KEYS, inner, max_size=2)),
    max_leaves=4,
)
_NAMES = st.sampled_from(["cart", "Cart", "cart-2", "web", "a.b:c"])
_IDS = st.sampled_from(["t1", "T1", "tests/a.py::test_b[1]", "x y", 'q"', "*", "back\\slash"])


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    """A few logs, some across an hour's end."""
    count = draw(st.integers(1, 10))
    return [
        Row(
            number,
            START + timedelta(microseconds=draw(st.integers(0, 4_000_000))),
            draw(st.sampled_from(SEVERITIES)),
            draw(_NAMES),
            draw(st.none() | _IDS),
            draw(st.none() | _IDS),
            draw(st.none() | _IDS),
            draw(_MESSAGES),
            draw(st.none() | st.dictionaries(_KEYS, _VALUES, min_size=1, max_size=3)),
        )
        for number in range(count)
    ]


# --- searches ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Search:
    """A search as its text and as a Python predicate."""

    text: str
    finds: Any


_TEXTS = st.one_of(_WORDS, st.lists(st.one_of(_WORDS, _GLUE), min_size=1, max_size=3).map("".join))
_RESERVED = {"AND", "OR", "NOT", "TO", "&&", "||"}


def _as_word(text: str) -> str:
    """Text as one word, everything special escaped."""
    return "".join(c if c.isalnum() else f"\\{c}" for c in text)


def _as_phrase(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def _written(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> tuple[str, str]:
    text = draw(texts)
    plain = text and "\n" not in text and text not in _RESERVED
    return text, _as_word(text) if plain and draw(st.booleans()) else _as_phrase(text)


def folded(text: str) -> str:
    """Text in folded case, one character for one (ß is not ss, İ is not i)."""
    return "".join(map(_fold, text))


def _fold(character: str) -> str:
    if character == "ẞ":
        return "ß"
    alike = character.casefold()
    return alike if len(alike) == 1 else character


def nfc(text: str) -> str:
    """Text in the composed form of Unicode."""
    return unicodedata.normalize("NFC", text)


def _has(text: str) -> Any:
    """Text in each form is found in each form; a plain letter is also found before a combining accent."""
    wanted = nfc(text)
    return lambda row: folded(wanted) in folded(row.message if wanted.isascii() else nfc(row.message))


_contains = _written(_TEXTS).map(lambda it: Search(it[1], _has(it[0])))
_contains_in_field = _written(_TEXTS).map(lambda it: Search(f"message:{it[1]}", _has(it[0])))


@st.composite
def _whole_words(draw: st.DrawFn) -> Search:
    """A text with no letter, digit or _ beside its first and last word."""
    text, written = draw(_written(st.one_of(_TEXTS, _TOKENS)))
    wanted = folded(nfc(text))
    before, after = (r"(?<![^\W])" if _wordy(text[0]) else "", r"(?![^\W])" if _wordy(nfc(text)[-1]) else "")
    compiled = re.compile(before + re.escape(wanted) + after, re.DOTALL)
    return Search(f"word:{written}", lambda row: compiled.search(folded(nfc(row.message))) is not None)


def _field_of(name: str) -> Any:
    column = {"service": "service_id", "test": "test_id", "func": "func_id"}.get(name, name)
    return lambda row: getattr(row, column)


@st.composite
def _equals(draw: st.DrawFn) -> Search:
    name = draw(st.sampled_from(["service", "service_id", "test", "test_id", "func", "func_id", "source"]))
    text, written = draw(_written(st.one_of(_NAMES, _IDS)))
    field = _field_of(name)
    return Search(f"{name}:{written}", lambda row: field(row) == text)


@st.composite
def _pattern_equals(draw: st.DrawFn) -> Search:
    text = draw(st.sampled_from(["<*>", "foo", "foo <*>", "<*> <*>", ""]))
    return Search(f"pattern:{_as_phrase(text)}", lambda row: row.pattern == text)


@st.composite
def _severity(draw: st.DrawFn) -> Search:
    name = draw(st.sampled_from(SEVERITIES))
    rank = SEVERITIES.index(name)
    kind = draw(st.sampled_from(["", ">", ">=", "<", "<="]))
    compare = {
        "": lambda row: row.severity == name,
        ">": lambda row: SEVERITIES.index(row.severity) > rank,
        ">=": lambda row: SEVERITIES.index(row.severity) >= rank,
        "<": lambda row: SEVERITIES.index(row.severity) < rank,
        "<=": lambda row: SEVERITIES.index(row.severity) <= rank,
    }[kind]
    alias = {"warn": "warning", "error": "FATAL"}.get(name, name) if draw(st.booleans()) else name
    return Search(f"{draw(st.sampled_from(['severity', 'level']))}:{kind}{alias}", compare)


@st.composite
def _exists(draw: st.DrawFn) -> Search:
    name = draw(st.sampled_from(["test_id", "func_id", "source", "service_id"]))
    text = draw(st.sampled_from([f"{name}:*", f"_exists_:{name}"]))
    return Search(text, lambda row: getattr(row, name) is not None)


_PIECES = st.lists(
    st.sampled_from(["*", "?", "foo", "a", "é", "e\u0301", "-", "1", "bar", _LONG_S, "K", "ß"]),
    min_size=2,
    max_size=4,
).filter(lambda pieces: ("*" in pieces or "?" in pieces) and any(piece != "*" for piece in pieces))
_PLAIN = "[^\\t\\n\\f\\r ]"


def _written_pieces(pieces: list[str]) -> str:
    return "".join(piece if piece in "*?" else _as_word(piece) for piece in pieces)


@st.composite
def _word_wildcard(draw: st.DrawFn) -> Search:
    pieces = draw(_PIECES)
    inner = "".join({"*": f"{_PLAIN}*", "?": _PLAIN}.get(piece, re.escape(folded(nfc(piece)))) for piece in pieces)
    before = r"(?<![^\W])" if _wordy(pieces[0]) else ""
    after = r"(?![^\W])" if _wordy(pieces[-1]) else ""
    compiled = re.compile(before + inner + after, re.DOTALL)
    prefix = draw(st.sampled_from(["", "message:"]))
    return Search(prefix + _written_pieces(pieces), lambda row: compiled.search(folded(nfc(row.message))) is not None)


def _wordy(piece: str) -> bool:
    piece = nfc(piece)
    return piece not in {"*", "?"} and (piece[0].isalnum() or piece[0] == "_")


@st.composite
def _value_wildcard(draw: st.DrawFn) -> Search:
    pieces = draw(_PIECES)
    compiled = re.compile("".join({"*": ".*", "?": "."}.get(piece, re.escape(piece)) for piece in pieces), re.DOTALL)
    name = draw(st.sampled_from(["service", "test", "source"]))
    field = _field_of(name)
    return Search(
        f"{name}:{_written_pieces(pieces)}",
        lambda row: field(row) is not None and compiled.fullmatch(field(row)) is not None,
    )


_REGEXES = st.sampled_from(
    [
        ("fo+", "fo+"),
        ("^foo", r"\Afoo"),
        ("bar$", r"bar\Z"),
        ("(foo|bar)[0-9]*", "(foo|bar)[0-9]*"),
        ("(?i)FOO", "(?i)FOO"),
        ("(?s)foo.bar", "(?s)foo.bar"),
        ("(?m)^bar", "(?m)^bar"),
        ("(?im)FOO$", "(?im)FOO$"),
        ("^$", r"\A\Z"),
        ("[0-9]{2,}", "[0-9]{2,}"),
        (r"a\/b", "a/b"),
        ("a.b", "a.b"),
        (r"\(", r"\("),
    ]
)


@st.composite
def _regex(draw: st.DrawFn) -> Search:
    written, python = draw(_REGEXES)
    compiled = re.compile(python)
    name = draw(st.sampled_from(["", "message", "service", "test", "func", "source", "pattern", "severity"]))
    field = _field_of(name or "message")
    text = f"{name}:/{written}/" if name else f"/{written}/"
    return Search(text, lambda row: field(row) is not None and compiled.search(nfc(field(row))) is not None)


# --- attributes ----------------------------------------------------------------------------------------------


def _lead_to(value: Any, path: str) -> Iterator[Any]:
    """Every leaf or object at a dotted path."""
    if isinstance(value, list):
        for item in value:
            yield from _lead_to(item, path)
        return
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key == path:
            yield from _flat(inner)
        elif path.startswith(f"{key}.") and isinstance(inner, dict | list):
            yield from _lead_to(inner, path[len(key) + 1 :])


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    elif value is not None:
        yield value


_PATHS = st.sampled_from(["a", "a", "b", "a.b", "a.b", "b.c", "a.b.c", 'q"t', "x y\\é"])


def _path(path: str) -> str:
    return "attributes." + "".join(c if c.isalnum() or c in "._" else f"\\{c}" for c in path)


def _shown(value: Any) -> str:
    """A scalar as text for wildcards and regular expressions; an integer over 64 bits is a double."""
    if isinstance(value, str):
        return nfc(value)
    return json.dumps(float(value) if _is_number(value) and not -(2**63) <= value < 2**64 else value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@st.composite
def _attribute_equals(draw: st.DrawFn) -> Search:
    path = draw(_PATHS)
    words = [
        "500",
        "500",
        "0",
        "42",
        "-5",
        "1.5",
        "1e16",
        "true",
        "false",
        "foo",
        "Foo",
        'say "hi"',
        "*",
        "\\",
        "é",
        "e\u0301",
    ]
    words += ["98765432", "-98765432", "98765432.0", "req_7f3a", "a\nreq_7f3a", "req_7f3aé", "Req_7f3a"]
    words += ["1", "1.0", "0.1", "1e300", "null", "ß", "", "1000000000000000", "1e15", "0.5e1"]
    words += [str(2**53 + 1), str(2**53), str(2**63), str(2**64 - 1), str(-(2**63)), str(10**20), str(TRACE_ID)]
    word = draw(st.sampled_from(words))
    number = json.loads(word) if re.fullmatch(r"-?[0-9.]+(e[0-9]+)?", word) else None

    def same(value: Any) -> bool:
        if isinstance(value, bool):
            return word == json.dumps(value)
        if _is_number(value):
            return number is not None and value == number
        return isinstance(value, str) and nfc(value) == nfc(word)

    written = word if re.fullmatch(r"-?[0-9.e]+", word) and draw(st.booleans()) else _as_phrase(word)
    return Search(f"{_path(path)}:{written}", lambda row: any(map(same, _lead_to(row.attributes, path))))


@st.composite
def _attribute_exists(draw: st.DrawFn) -> Search:
    path = draw(_PATHS)
    text = draw(st.sampled_from([f"{_path(path)}:*", f"_exists_:{_path(path)}"]))
    return Search(text, lambda row: any(True for _ in _lead_to(row.attributes, path)))


@st.composite
def _attribute_range(draw: st.DrawFn) -> Search:
    path = draw(_PATHS)
    low, high = sorted(draw(st.tuples(*[st.sampled_from([-5, 0, 1, 42, 500, 501.5, 2**63, TRACE_ID])] * 2)))
    with_low, with_high = draw(st.booleans()), draw(st.booleans())
    text = f"{_path(path)}:{'[' if with_low else '{'}{low} TO {high}{']' if with_high else '}'}"

    def inside(value: Any) -> bool:
        if not _is_number(value):
            return False
        return bool((value >= low if with_low else value > low) and (value <= high if with_high else value < high))

    return Search(text, lambda row: any(map(inside, _lead_to(row.attributes, path))))


@st.composite
def _attribute_open_range(draw: st.DrawFn) -> Search:
    path, bound = draw(_PATHS), draw(st.sampled_from([0, 1, 42, 500]))
    sign, test = draw(
        st.sampled_from(
            [
                (">", lambda value: value > bound),
                (">=", lambda value: value >= bound),
                ("<", lambda value: value < bound),
                ("<=", lambda value: value <= bound),
            ]
        )
    )
    return Search(
        f"{_path(path)}:{sign}{bound}",
        lambda row: any(_is_number(value) and test(value) for value in _lead_to(row.attributes, path)),
    )


@st.composite
def _attribute_wildcard(draw: st.DrawFn) -> Search:
    path = draw(_PATHS)
    wildcards = [("fo*", "fo.*"), ("*00", ".*00"), ("?", "."), ("tr*", "tr.*"), ("5*", "5.*")]
    written, python = draw(st.sampled_from(wildcards))
    compiled = re.compile(python, re.DOTALL)

    def fits(value: Any) -> bool:
        if isinstance(value, dict):
            return False
        return compiled.fullmatch(_shown(value)) is not None

    return Search(f"{_path(path)}:{written}", lambda row: any(map(fits, _lead_to(row.attributes, path))))


@st.composite
def _attribute_text_range(draw: st.DrawFn) -> Search:
    path, low = draw(_PATHS), draw(st.sampled_from(["", "Foo", "foo", "a", "ß"]))
    high = draw(st.sampled_from(["foo", "z", "é", "日"]))
    with_low, with_high = draw(st.booleans()), draw(st.booleans())
    ends = ("[" if with_low else "{", "]" if with_high else "}")

    def inside(value: Any) -> bool:
        value = nfc(value) if isinstance(value, str) else value
        return isinstance(value, str) and (
            (low < value or (with_low and low == value)) and (value < high or (with_high and value == high))
        )

    text = f"{_path(path)}:{ends[0]}{_as_phrase(low)} TO {_as_phrase(high)}{ends[1]}"
    return Search(text, lambda row: any(map(inside, _lead_to(row.attributes, path))))


@st.composite
def _attribute_regex(draw: st.DrawFn) -> Search:
    path, (written, python) = draw(_PATHS), draw(_REGEXES)
    compiled = re.compile(python)

    def fits(value: Any) -> bool:
        if isinstance(value, dict):
            return False
        return compiled.search(_shown(value)) is not None

    return Search(f"{_path(path)}:/{written}/", lambda row: any(map(fits, _lead_to(row.attributes, path))))


@st.composite
def _group_of_values(draw: st.DrawFn) -> Search:
    """Several values of one field in parentheses; a minus negates one value."""
    name, first, second = draw(st.sampled_from(["service", "test_id"])), draw(_NAMES), draw(_NAMES)
    field, glue = _field_of(name), draw(st.sampled_from([" OR ", " AND ", " ", " OR -", " AND NOT "]))
    written = f"{name}:({_as_phrase(first)}{glue}{_as_phrase(second)})"
    join = any if "OR" in glue else all
    wanted = "-" not in glue and "NOT" not in glue
    return Search(written, lambda row: join([field(row) == first, (field(row) == second) == wanted]))


# --- time, id, and combinations --------------------------------------------------------------------------------


@st.composite
def _time(draw: st.DrawFn) -> Search:
    low = START + timedelta(microseconds=draw(st.integers(0, 4_000_000)))
    high = low + timedelta(microseconds=draw(st.integers(0, 2_000_000)))
    stamp = [moment.isoformat().replace("+00:00", "Z") for moment in (low, high)]
    texts = {
        f"timestamp:[{stamp[0]} TO {stamp[1]}]": lambda row: low <= row.timestamp <= high,
        f"timestamp:{{{stamp[0]} TO {stamp[1]}}}": lambda row: low < row.timestamp < high,
        f"time:>={stamp[0]}": lambda row: row.timestamp >= low,
        f"timestamp:<{stamp[1]}": lambda row: row.timestamp < high,
        f'timestamp:"{stamp[0]}"': lambda row: row.timestamp == low,
    }
    text = draw(st.sampled_from(sorted(texts)))
    return Search(text, texts[text])


@st.composite
def _id(draw: st.DrawFn) -> Search:
    number, hours = draw(st.integers(0, 6)), draw(st.sampled_from([498706, 498707]))
    text = f"{BATCH}-{hours:x}-{number:x}"
    return Search(f'id:"{text}"', lambda row: row.id == text)


_EVERYTHING = st.just(Search("*", lambda _: True))
KINDS: dict[str, st.SearchStrategy[Search]] = {
    "text": _contains,
    "text in a field": _contains_in_field,
    "whole words": _whole_words(),
    "value": _equals(),
    "pattern": _pattern_equals(),
    "severity": _severity(),
    "presence": _exists(),
    "word with wildcards": _word_wildcard(),
    "value with wildcards": _value_wildcard(),
    "regular expression": _regex(),
    "attribute": _attribute_equals(),
    "attribute presence": _attribute_exists(),
    "attribute range": _attribute_range(),
    "attribute open range": _attribute_open_range(),
    "attribute with wildcards": _attribute_wildcard(),
    "attribute with a regular expression": _attribute_regex(),
    "attribute text range": _attribute_text_range(),
    "values in parentheses": _group_of_values(),
    "time": _time(),
    "id": _id(),
    "everything": _EVERYTHING,
}
"""One condition of each kind."""


def _joined(parts: list[Search], glue: str, join: Any) -> Search:
    return Search(f"({glue.join(part.text for part in parts)})", lambda row: join(part.finds(row) for part in parts))


def _negated(part: Search, sign: str) -> Search:
    return Search(f"({sign}{part.text})", lambda row: not part.finds(row))


_SHAPES = st.sampled_from(
    [
        ("{} OR {} AND {}", lambda a, b, c: a or (b and c)),
        ("{} {} OR {}", lambda a, b, c: (a and b) or c),
        ("{} OR {} {}", lambda a, b, c: a or (b and c)),
        ("NOT {} OR {} {}", lambda a, b, c: not a or (b and c)),
        ("-{} {} AND +{}", lambda a, b, c: not a and b and c),
        ("{} -{} OR NOT {}", lambda a, b, c: (a and not b) or not c),
    ]
)
"""A sign binds tightest, then AND and the blank alike, then OR."""


def _without_parentheses(first: Search, second: Search, third: Search, shape: tuple[str, Any]) -> Search:
    written, join = shape
    parts = (first, second, third)
    return Search(
        f"({written.format(*(part.text for part in parts))})", lambda row: bool(join(*(p.finds(row) for p in parts)))
    )


def searches() -> st.SearchStrategy[Search]:
    """Searches of every kind, combined."""
    return st.recursive(
        st.one_of(*KINDS.values()),
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: _joined(parts, " ", all)),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: _joined(parts, " AND ", all)),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: _joined(parts, " OR ", any)),
            st.tuples(inner, st.sampled_from(["NOT ", "-"])).map(lambda it: _negated(*it)),
            st.tuples(inner, inner, inner, _SHAPES).map(lambda it: _without_parentheses(*it)),
        ),
        max_leaves=5,
    )
