"""Translates words with wildcards to regular expressions."""

import re

from logloop_query.logs.search.unicode_forms import composed

_BEFORE_WORD = r"(?:^|[^\pL\pN_])"
_AFTER_WORD = r"(?:$|[^\pL\pN_])"


def unescape(text: str) -> str:
    """Return a text in NFC, with its backslash escapes resolved."""
    return composed(re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL))


def has_wildcard(raw: str) -> bool:
    """Return whether a word contains * or ? that is not escaped."""
    return bool(re.search(r"[*?]", re.sub(r"\\.", "", raw, flags=re.DOTALL)))


def _tokens(raw: str) -> list[tuple[bool, str]]:
    """Return the pieces of a word as (is a wildcard, text), in NFC and with escapes resolved."""
    pieces = re.findall(r"([*?])|((?:\\.|[^\\*?])+)", raw, flags=re.DOTALL)
    return [(bool(wild), wild or unescape(text)) for wild, text in pieces]


def value_wildcard(raw: str) -> str:
    """Return an RE2 pattern for a whole value: * matches any text, ? one character."""
    inner = "".join({"*": ".*", "?": "."}[text] if wild else re.escape(text) for wild, text in _tokens(raw))
    return f"(?s)^{inner}$"


def message_wildcard(raw: str) -> str:
    """Return an RE2 pattern for a word of a message, ignoring case. * and ? match any characters but spaces."""
    tokens = _tokens(raw)
    inner = "".join({"*": r"\S*", "?": r"\S"}[text] if wild else re.escape(text) for wild, text in tokens)
    first, last = tokens[0], tokens[-1]
    before = "" if first[0] or not _is_word_character(first[1][0]) else _BEFORE_WORD
    after = "" if last[0] or not _is_word_character(last[1][-1]) else _AFTER_WORD
    return f"(?is){before}{inner}{after}"


def longest_piece(raw: str) -> str:
    """Return the longest text between wildcards."""
    return max("".join("\0" if wild else text for wild, text in _tokens(raw)).split("\0"), key=len)


def _is_word_character(character: str) -> bool:
    return character == "_" or character.isalnum()
