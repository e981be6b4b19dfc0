"""Proposes the template that unites patterns which a person has selected."""

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

from logloop_contracts.patterns import VARIABLE
from logloop_contracts.patterns.edits import fits
from logloop_contracts.patterns.masking import RUN_OF_VARIABLES
from logloop_contracts.patterns.merging import BETWEEN_WORDS, LETTERS

_RUN = re.compile(RUN_OF_VARIABLES)


def has_constant_word(template: str) -> bool:
    """Return whether a template has a word that does not vary."""
    return LETTERS.search(template.replace(VARIABLE, " ")) is not None


def propose_template(texts: Sequence[str]) -> str | None:
    """Return a template that fits at least two texts, None if they share no word.

    Texts with the same number of words keep each word that is equal in all. Others keep what they begin and end with.
    """
    rows = [BETWEEN_WORDS.split(text) for text in sorted(set(texts))]
    proposals = [_by_position(rows)] if len(set(map(len, rows))) == 1 else []
    for proposal in (*proposals, _by_ends(rows)):
        template = _RUN.sub(VARIABLE, proposal)
        if VARIABLE in template and has_constant_word(template) and all(fits(template, text) for text in texts):
            return template
    return None


def _by_position(rows: Sequence[Sequence[str]]) -> str:
    return "".join(words[0] if len(set(words)) == 1 else VARIABLE for words in zip(*rows, strict=True))


def _by_ends(rows: Sequence[Sequence[str]]) -> str:
    shortest = min(map(len, rows)) - 1
    head = _equal(zip(*rows, strict=False))[:shortest]
    tail = _equal(zip(*map(reversed, rows), strict=False))[: shortest - len(head)]
    return "".join([*head, VARIABLE, *reversed(tail)])


def _equal(places: Iterable[tuple[str, ...]]) -> list[str]:
    """Return the words of the first places, up to one where texts differ."""
    return [words[0] for words in takewhile(lambda words: len(set(words)) == 1, places)]
