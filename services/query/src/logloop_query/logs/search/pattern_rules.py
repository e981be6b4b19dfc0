"""Decides by the patterns of a segment which of its messages contain a text.

The text of a pattern outside `<*>` is in every message of the pattern. What `<*>` replaces begins and ends at word
boundaries, so a run of letters lies either in the constant text or inside a variable, and never in both. Whether a
variable may hold it follows from the letter trigrams of all variables.
"""

import re
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.patterns import VARIABLE

from logloop_query.logs.search.language.filter import (
    EVERYTHING,
    NOTHING,
    And,
    Contains,
    Filter,
    HasWord,
    Leaf,
    Matches,
    OneOf,
    Or,
    columns_of,
    leaves,
    simplified,
    with_leaves,
)
from logloop_query.logs.segments.summary import Summary
from logloop_query.logs.segments.variables import Variables

_LETTERS = re.compile(r"[A-Za-z]{3,}")
_BLANKS = re.compile(r"[ \t]")


def resolved(wanted: Filter, summary: Summary) -> Filter:
    """Return a filter that selects the same rows of a segment.

    It asks for patterns instead of messages where these decide.
    """
    if summary.patterns is None:
        return wanted
    rules = _PatternRules(summary.patterns, summary.variables)
    return simplified(with_leaves(wanted, rules.resolved))


@dataclass(frozen=True, slots=True)
class AskedOfPatterns:
    """A filter that asks messages for words only, as one that asks their patterns.

    Both select the same rows of a segment that `decides`.
    """

    wanted: Filter
    words: frozenset[str]

    @classmethod
    def of(cls, wanted: Filter) -> "AskedOfPatterns | None":
        """Return the form of a filter that asks patterns; None if it asks messages for more than words of letters."""
        words = [leaf.value for leaf in leaves(wanted) if _asks_message(leaf) and isinstance(leaf, Contains)]
        if len(words) < sum(map(_asks_message, leaves(wanted))) or not all(map(_LETTERS.fullmatch, words)):
            return None
        return cls(with_leaves(wanted, _of_pattern), frozenset(words))

    def decides(self, summary: Summary) -> bool:
        """Return whether no variable of a segment may hold one of the words."""
        if not self.words:
            return True
        variables = summary.variables
        return variables is not None and not any(map(variables.may_hold, self.words))


def _asks_message(leaf: Leaf) -> bool:
    return "message" in columns_of(leaf)


def _of_pattern(leaf: Leaf) -> Filter:
    return Contains("pattern", leaf.value) if isinstance(leaf, Contains) and leaf.column == "message" else leaf


class _PatternRules:
    """The patterns of one segment, and what is known of their variables."""

    def __init__(self, patterns: Any, variables: Variables | None) -> None:
        self._patterns = patterns
        self._variables = variables
        self._none = pa.repeat(False, len(patterns))

    def resolved(self, leaf: Leaf) -> Filter:
        """Return a filter that selects the same rows as a leaf."""
        match leaf:
            case Contains("message", text) if text.isascii():
                all_match, some_may = self._with_text(text), self._with_runs(text)
                return self._split(leaf, text, all_match, pc.and_(some_may, self._or_variable(text)))
            case Matches("message", needle=needle) | HasWord("message", needle) if needle.isascii():
                return self._split(leaf, needle, self._none, self._with_runs(needle))
            case _:
                return leaf

    def _split(self, leaf: Leaf, text: str, all_match: Any, some_may: Any) -> Filter:
        """Return the patterns of which all messages match, or else a leaf for those of which some may.

        If messages are cut, their log types find those that may have the text, without the patterns of rows.
        """
        undecided = pc.and_not(some_may, all_match)
        if not undecided.true_count:
            return self._one_of(all_match)
        is_cut = self._variables is not None and self._variables.is_cut
        if not undecided.false_count or (is_cut and text):
            return leaf
        within = And((self._one_of(undecided), leaf))
        return Or((self._one_of(all_match), within)) if all_match.true_count else within

    def _with_text(self, text: str) -> Any:
        """Return the patterns whose messages all contain an ASCII text."""
        if any(character in VARIABLE for character in text) or not self._keeps_blanks_of(text):
            return self._none
        return self._with(text)

    def _or_variable(self, text: str) -> Any:
        """Return the patterns with a variable, and those with the text, unless it has blanks that patterns join."""
        if not self._keeps_blanks_of(text):
            return pc.invert(self._none)
        return pc.or_(self._with(VARIABLE), self._with(text))

    def _with_runs(self, text: str) -> Any:
        """Return the patterns that may have a message with each run of letters of an ASCII text."""
        runs = [] if self._variables is None else _LETTERS.findall(text)
        return reduce(pc.and_, map(self._with_run, runs), pc.invert(self._none))

    def _with_run(self, letters: str) -> Any:
        constant = self._with(letters)
        variables = self._variables
        if variables is None or not variables.may_hold(letters):
            return constant
        return pc.or_(constant, variables.patterns)

    def _keeps_blanks_of(self, text: str) -> bool:
        if not _BLANKS.search(text):
            return True
        return self._variables is not None and not self._variables.has_blank_runs

    def _with(self, text: str) -> Any:
        return pc.match_substring(self._patterns, pattern=text, ignore_case=True)

    def _one_of(self, chosen: Any) -> Filter:
        if not chosen.true_count:
            return NOTHING
        if not chosen.false_count:
            return EVERYTHING
        return OneOf("pattern", tuple(self._patterns.filter(chosen).to_pylist()))
