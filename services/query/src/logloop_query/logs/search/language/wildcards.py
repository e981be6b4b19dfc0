"""Translates whole words, and words with wildcards, to regular expressions."""

import itertools
import re

from logloop_query.logs.search.language.unicode_forms import composed

_BEFORE_WORD = r"(?:^|[^\pL\pN_])"
_AFTER_WORD = r"(?:$|[^\pL\pN_])"
_STAR = (True, "*")


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
    """Return an RE2 pattern for a word of a message, ignoring case. * and ? match any characters but spaces.

    A star at an end only says that the word may go on, so the pattern has nothing for it.
    """
    tokens = _tokens(raw)
    inner = "".join(
        {"*": r"\S*", "?": r"\S"}[text] if wild else re.escape(text) for wild, text in _without_stars(tokens)
    )
    first, last = tokens[0], tokens[-1]
    return _bounded(inner, "" if first[0] else first[1][0], "" if last[0] else last[1][-1])


def _without_stars(tokens: list[tuple[bool, str]]) -> list[tuple[bool, str]]:
    """Return the pieces of a word between the stars at its ends."""
    kept = list(itertools.dropwhile(_STAR.__eq__, tokens))
    return list(itertools.dropwhile(_STAR.__eq__, reversed(kept)))[::-1]


def contained_part(raw: str) -> str | None:
    """Return the text of a word that only has stars around it, so that a message has to contain it. Else None."""
    tokens = _tokens(raw)
    pieces = _without_stars(tokens)
    has_stars = tokens[0] == tokens[-1] == _STAR
    return pieces[0][1] if has_stars and len(pieces) == 1 and not pieces[0][0] else None


def whole_words(text: str) -> str:
    """Return an RE2 pattern for a text whose first and last word are whole words, ignoring case."""
    return _bounded(re.escape(text), text[:1], text[-1:])


def _bounded(inner: str, first: str, last: str) -> str:
    """Bound a pattern by the characters with which its texts begin and end. Only words need a bound."""
    before = _BEFORE_WORD if _is_word_character(first) else ""
    after = _AFTER_WORD if _is_word_character(last) else ""
    return f"(?is){before}{inner}{after}"


def longest_piece(raw: str) -> str:
    """Return the longest text between wildcards."""
    return max("".join("\0" if wild else text for wild, text in _tokens(raw)).split("\0"), key=len)


def _is_word_character(character: str) -> bool:
    return character == "_" or character.isalnum()
