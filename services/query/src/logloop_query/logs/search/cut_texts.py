"""Finds the messages that contain a text by their log types and values, without putting messages together.

A word in the text with a digit lies within a value. A word without one lies in the log type, except at an end of the
text, where it may also be a part of a value. So a message contains the text if its log type contains the text with a
NUL in place of some words, and the values in these places end with, are or begin with these words.
"""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow.compute as pc
import re2

from logloop_query.logs.search.language.filter import Contains, Matches
from logloop_query.logs.search.language.unicode_forms import may_change
from logloop_query.logs.search.sieves import TextLeaf
from logloop_query.logs.segments.log_types.cutting import VALUE, Numbers
from logloop_query.logs.segments.log_types.messages import Flags, StoredMessages
from logloop_query.logs.segments.text_buffers import content_of, is_ascii, joined, offsets_of
from logloop_query.logs.segments.trigrams import LIKE_ASCII

_PART = re.compile(r"[0-9A-Za-z_-]+|[^0-9A-Za-z_-]+")
_WORD = re.compile(r"[0-9A-Za-z_-]")
_LETTER = re.compile(r"[A-Za-z]")
_DIGIT = re.compile(r"[0-9]")
_MOST_PLACES = 1_000
"""More places of a word in values are found faster value by value."""


class _InValue(NamedTuple):
    """A word of the text within a value. It begins or ends where the value does, or both."""

    word: str
    begins: bool
    ends: bool

    def has_other_letters(self, letters: str) -> bool:
        """Return whether the word has letters that are not among these."""
        return not set(_LETTER.findall(self.word.lower())) <= set(letters)

    def among(self, values: Any) -> Any:
        """Return which values of a utf8 array fit, ignoring case."""
        lower, word = (
            (pc.ascii_lower(values), self.word.lower()) if _LETTER.search(self.word) else (values, self.word)
        )
        if self.begins and self.ends:
            return pc.equal(lower, word)
        if self.begins:
            return pc.starts_with(lower, pattern=word)
        return (pc.ends_with if self.ends else pc.match_substring)(lower, pattern=word)


class _Form(NamedTuple):
    """One way to contain a text: with `in_log_type` in the log type and these words in successive values."""

    in_log_type: str
    in_values: list[_InValue]


def passing(leaf: TextLeaf, messages: StoredMessages) -> tuple[Flags, bool]:
    """Return which messages may pass the test of a leaf, and whether all of them do."""
    text = leaf.needle if isinstance(leaf, Matches) else leaf.value
    found = containing(text, messages)
    if found is None:
        return np.ones(len(messages.numbers), np.bool_), False
    return found, isinstance(leaf, Contains)


def containing(text: str, messages: StoredMessages) -> Flags | None:
    """Return which messages contain a text, ignoring case. None if log types and values do not tell."""
    if not text or _may_be_other_text(text, messages.log_types):
        return None
    found = np.zeros(len(messages.numbers), np.bool_)
    if VALUE in text:
        return found
    for form in _forms(text):
        if any(word.has_other_letters(messages.letters) for word in form.in_values):
            continue
        if form.in_log_type == VALUE:
            _add_with_value(form.in_values[0], messages, found)
            continue
        log_types = pc.match_substring(messages.log_types, pattern=form.in_log_type, ignore_case=True)
        if not form.in_values:
            found |= messages.with_log_types(log_types)
        elif log_types.true_count:
            _add_in_slots(form, log_types, messages, found)
    return found


def _may_be_other_text(text: str, log_types: Any) -> bool:
    """Return whether a search may find a text in another form: other characters that compose to it, or like ASCII."""
    if any(character in LIKE_ASCII for character in text):
        return True
    if is_ascii(log_types):
        return False
    if not text.isascii() and may_change(log_types):
        return True
    return bool(pc.match_substring_regex(joined(log_types), pattern=f"[{LIKE_ASCII}]")[0].as_py())


def _forms(text: str) -> Iterator[_Form]:
    parts = _PART.findall(text)
    last = len(parts) - 1
    ways: list[tuple[bool, ...]] = []
    for place, part in enumerate(parts):
        may_be_both = place in {0, last} and _WORD.match(part)
        ways.append((True,) if _DIGIT.search(part) else (False, True) if may_be_both else (False,))
    for in_value in itertools.product(*ways):
        in_log_type = "".join(VALUE if is_value else part for part, is_value in zip(parts, in_value, strict=True))
        words = [_InValue(part, place > 0, place < last) for place, part in enumerate(parts) if in_value[place]]
        yield _Form(in_log_type, words)


def _add_with_value(wanted: _InValue, messages: StoredMessages, found: Flags) -> None:
    """Add the messages that have a text in any value."""
    layout = messages.layout
    numbers = _values_with(wanted.word, messages.values)
    if numbers is not None:
        if len(numbers):
            found[layout.row_of_value()[numbers]] = True
        return
    for group, (rows, slots) in enumerate(zip(layout.rows_of_each(), layout.slots, strict=True)):
        if slots:
            hits = wanted.among(messages.values_of(group, 0, slots))
            found[rows] |= _flags(hits).reshape(slots, len(rows)).any(axis=0)


def _values_with(word: str, values: Any) -> Numbers | None:
    """Return which values contain a word, ignoring case, by a search over all of them at once. None if many may."""
    content, wanted = bytes(content_of(values)), word.encode()
    if _LETTER.search(word):
        content, wanted = content.lower(), wanted.lower()
    places: list[int] = []
    place = content.find(wanted)
    while place >= 0 and len(places) < _MOST_PLACES:
        places.append(place)
        place = content.find(wanted, place + 1)
    if place >= 0:
        return None
    offsets: Numbers = offsets_of(values)
    numbers = np.searchsorted(offsets, places, "right") - 1
    return numbers[np.array(places, np.int64) + len(wanted) <= offsets[numbers + 1]]


def _add_in_slots(form: _Form, log_types: Any, messages: StoredMessages, found: Flags) -> None:
    """Add the messages of some log types that have the words of a form in the values where the form is."""
    layout = messages.layout
    for slot, chosen in _slots_of(form.in_log_type, messages.log_types, log_types).items():
        is_chosen = np.zeros(len(messages.log_types), np.bool_)
        is_chosen[chosen] = True
        for group in np.unique(layout.group_of_log_type[chosen]).tolist():
            rows = layout.rows_of(group)
            fits = is_chosen[messages.numbers[rows]]
            for place, wanted in enumerate(form.in_values, slot):
                fits &= _flags(wanted.among(messages.values_of(group, place, 1)))
            found[rows[fits]] = True


def _slots_of(form: str, log_types: Any, chosen: Any) -> dict[int, list[int]]:
    """Return the log types that contain a form, by the number of values before it. Some contain it several times."""
    options = re2.Options()
    options.case_sensitive = False
    wanted = re2.compile(re2.escape(form), options)
    slots: dict[int, list[int]] = defaultdict(list)
    numbers = np.flatnonzero(_flags(chosen)).tolist()
    for number, text in zip(numbers, log_types.filter(chosen).to_pylist(), strict=True):
        found = wanted.search(text)
        while found:
            slots[text.count(VALUE, 0, found.start())].append(number)
            found = wanted.search(text, found.start() + 1)
    return slots


def _flags(mask: Any) -> Flags:
    flags: Flags = mask.to_numpy(zero_copy_only=False)
    return flags
