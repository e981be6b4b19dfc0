"""Evaluates a filter on Arrow columns."""

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, TypeGuard

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logloop_query.logs.search import attributes
from logloop_query.logs.search.cut_texts import passing
from logloop_query.logs.search.language.filter import (
    And,
    AttributeEquals,
    AttributeMatches,
    AttributePresent,
    AttributeWithin,
    Contains,
    Equals,
    Everything,
    Filter,
    HasId,
    HasWord,
    Leaf,
    Matches,
    Not,
    OneOf,
    Or,
    Present,
    Selected,
    Within,
    needed_columns,
)
from logloop_query.logs.search.language.unicode_forms import apply_composed
from logloop_query.logs.search.language.wildcards import whole_words
from logloop_query.logs.search.limits import regexes
from logloop_query.logs.search.limits.pace import Pace
from logloop_query.logs.search.sieves import TextLeaf, may_pass
from logloop_query.logs.segments.log_types.messages import StoredMessages
from logloop_query.logs.segments.time_units import hours_of

Mask: TypeAlias = Any
"""True for every row, False for none, or a boolean array without nulls."""
Test: TypeAlias = Callable[[Any], Any]
"""Returns a boolean array for a utf8 array."""

LARGE_COLUMNS = frozenset({"message", "attributes"})
"""Columns that take long to read and to test."""
_FEW_ROWS, _MOST_ROWS = 0.1, 0.75
"""Shares of rows. More than few are left out in blocks before they are copied; fewer than most are copied."""
_CHEAP = (Selected, Within, Equals, OneOf, HasId, Present)
_COSTS: dict[type, int] = {**dict.fromkeys(_CHEAP, 0), Contains: 1, HasWord: 2, Matches: 2}
"""The order in which the parts of a filter are tested. Others come last."""


class Columns(Protocol):
    """The rows to evaluate."""

    @property
    def hour(self) -> int | None:
        """The UTC hour in the ids of all rows, None when it follows from the timestamps."""

    @property
    def count(self) -> int:
        """Number of rows."""

    @property
    def messages(self) -> StoredMessages | None:
        """The messages as log types and values, None if they are stored as texts."""

    def column(self, name: str) -> Any:
        """Return a column as one Arrow array."""

    def rows(self, name: str, numbers: Any) -> Any:
        """Return the rows of a column with these numbers."""


def evaluate(wanted: Filter, columns: Columns, pace: Pace | None = None) -> Mask:
    """Return which rows a filter selects. Raises OutOfTime at a step past the deadline of `pace`."""
    pace = pace or Pace()
    match wanted:
        case Everything():
            return True
        case And(parts):
            return _all_of(parts, columns, pace)
        case Or(parts):
            return _any_of(parts, columns, pace)
        case Not(part):
            mask = evaluate(part, columns, pace)
            return not mask if isinstance(mask, bool) else pc.invert(mask)
        case Selected(mask):
            return mask
        case _:
            return _settled(_leaf(wanted, columns, pace))


def selected_rows(wanted: Filter, columns: Columns, pace: Pace | None = None) -> Any:
    """Return the numbers of the selected rows as an int array, None when every row is selected."""
    return rows_of(evaluate(wanted, columns, pace))


def rows_of(mask: Mask) -> Any:
    """Return the numbers of the rows of a mask as an int array, None for every row."""
    if mask is True:
        return None
    if mask is False:
        return pa.array([], pa.uint64())
    return pc.indices_nonzero(mask)


def _settled(mask: Mask) -> Mask:
    if isinstance(mask, bool):
        return mask
    filled = pc.fill_null(mask, False) if mask.null_count else mask
    return filled if filled.true_count else False


def _cheap_first(parts: tuple[Filter, ...]) -> list[Filter]:
    return sorted(parts, key=lambda part: _COSTS.get(type(part), 3))


def _all_of(parts: tuple[Filter, ...], columns: Columns, pace: Pace) -> Mask:
    whole: Mask = True
    for part in _cheap_first(parts):
        whole = _narrowed(whole, part, columns, pace)
        if whole is False:
            return False
    return whole


def _narrowed(whole: Mask, part: Filter, columns: Columns, pace: Pace) -> Mask:
    """Return which of the rows of a mask a part of the filter selects."""
    if whole is not True and _is_message_text(part):
        messages = columns.messages
        if messages is not None:
            return _in_messages(part, columns, messages, pace, whole)
        if whole.true_count > _FEW_ROWS * len(whole):
            whole = _both(whole, may_pass(part, columns.column(part.column), pace))
            if whole is False:
                return False
    if whole is True or not _pays_off(part, whole):
        return _both(whole, evaluate(part, columns, pace))
    mask = evaluate(part, _Chosen(columns, whole), pace)
    return whole if mask is True else mask is not False and pc.replace_with_mask(whole, whole, mask)


def _both(first: Mask, second: Mask) -> Mask:
    if first is True or second is False:
        return second
    return first if second is True else _settled(pc.and_(first, second))


def _is_message_text(part: Filter) -> TypeGuard[TextLeaf]:
    return isinstance(part, Contains | Matches | HasWord) and part.column == "message"


def _pays_off(part: Filter, mask: Any) -> bool:
    """Return whether it pays to copy the rows that are left before a part is tested."""
    return bool(needed_columns(part) & LARGE_COLUMNS) and mask.true_count < _MOST_ROWS * len(mask)


class _Chosen:
    """The rows of columns that other conditions have left."""

    messages: StoredMessages | None = None

    def __init__(self, columns: Columns, mask: Any) -> None:
        self.hour, self.count = columns.hour, mask.true_count
        self._columns, self._mask = columns, mask
        self._chosen: dict[str, Any] = {}

    def column(self, name: str) -> Any:
        """Return the chosen rows of a column."""
        if name not in self._chosen:
            self._chosen[name] = self._columns.column(name).filter(self._mask)
        return self._chosen[name]

    def rows(self, name: str, numbers: Any) -> Any:
        """Return some of the chosen rows of a column."""
        return self.column(name).take(numbers)


def _any_of(parts: tuple[Filter, ...], columns: Columns, pace: Pace) -> Mask:
    whole: Mask = False
    for part in parts:
        mask = evaluate(part, columns, pace)
        if mask is True:
            return True
        if mask is not False:
            whole = mask if whole is False else pc.or_(whole, mask)
    return whole


def _leaf(leaf: Leaf, columns: Columns, pace: Pace) -> Mask:
    pace.check()
    match leaf:
        case Equals(name, value):
            return _on_text(columns, name, _in_form(value, lambda words: pc.equal(words, value), pace))
        case OneOf(name, values):
            among = pa.array(values, pa.utf8())
            return _on_text(columns, name, lambda words: pc.is_in(words, value_set=among))
        case Contains() | Matches() | HasWord():
            return _with_text(leaf, columns, pace)
        case Present(name):
            array = columns.column(name)
            return array.is_valid() if array.null_count else True
        case Within(low, high):
            return _within(columns.column("timestamp"), low, high)
        case HasId(batch, hour, row):
            return _has_id(columns, batch, hour, row)
        case AttributePresent() | AttributeEquals() | AttributeMatches() | AttributeWithin():
            return attributes.evaluate(leaf, columns.column("attributes"), pace)


def _on_text(columns: Columns, name: str, test: Any) -> Mask:
    """Apply a test to texts. In a dictionary column each word is tested once."""
    array = columns.column(name)
    if not isinstance(array, pa.DictionaryArray):
        return test(array)
    hits = test(array.dictionary)
    if not hits.true_count:
        return False
    return hits.take(array.indices)


def _in_form(text: str, test: Test, pace: Pace) -> Test:
    """Return a test of texts in NFC. An ASCII text is equal to, and contained in, the same texts in each form."""
    return test if text.isascii() else lambda words: apply_composed(words, test, pace)


def _with_text(leaf: TextLeaf, columns: Columns, pace: Pace) -> Mask:
    messages = columns.messages if leaf.column == "message" else None
    if messages is not None:
        return _in_messages(leaf, columns, messages, pace)
    array = columns.column(leaf.column)
    if isinstance(array, pa.DictionaryArray):
        return _on_text(columns, leaf.column, _test_of(leaf, pace))
    return _in_texts(leaf, array, pace)


def _test_of(leaf: TextLeaf, pace: Pace) -> Test:
    if isinstance(leaf, Contains):
        return _in_form(
            leaf.value, lambda words: pc.match_substring(words, pattern=leaf.value, ignore_case=True), pace
        )
    pattern = leaf.pattern if isinstance(leaf, Matches) else whole_words(leaf.value)
    return lambda words: apply_composed(words, lambda forms: regexes.match(forms, pattern, pace), pace)


def _in_texts(leaf: TextLeaf, texts: Any, pace: Pace) -> Mask:
    """Apply the test of a leaf to those of some texts that may pass it."""
    test, rows = _test_of(leaf, pace), may_pass(leaf, texts, pace)
    if rows is False or rows is True:
        return rows and test(texts)
    hits = test(texts.filter(rows))
    return pc.replace_with_mask(pa.repeat(False, len(texts)), rows, pc.fill_null(hits, False))


def _in_messages(leaf: TextLeaf, columns: Columns, messages: StoredMessages, pace: Pace, within: Mask = True) -> Mask:
    """Apply the test of a leaf to the messages of a mask. Those that log types and values decide are not read."""
    found, is_sure = passing(leaf, messages)
    if within is not True:
        found = found & within.to_numpy(zero_copy_only=False)
    if is_sure or not found.any():
        return _settled(pa.array(found))
    numbers = np.flatnonzero(found)
    texts = columns.column("message") if len(numbers) == len(found) else columns.rows("message", pa.array(numbers))
    is_narrow = len(numbers) <= _FEW_ROWS * len(found)
    hits = _settled(_test_of(leaf, pace)(texts) if is_narrow else _in_texts(leaf, texts, pace))
    if hits is False:
        return False
    if hits is not True:
        found[numbers] = hits.to_numpy(zero_copy_only=False)
    return pa.array(found)


def _within(timestamps: Any, low: int, high: int) -> Mask:
    values = timestamps.cast(pa.int64())
    lower = pc.greater_equal(values, pa.scalar(low, pa.int64()))
    return pc.and_(lower, pc.less_equal(values, pa.scalar(high, pa.int64())))


def _has_id(columns: Columns, batch: str, hour: int, row: int) -> Mask:
    if columns.hour is not None and columns.hour != hour:
        return False
    if not 0 <= row < 2**31:
        return False
    mask = pc.and_(
        _on_text(columns, "batch", lambda words: pc.equal(words, batch)),
        pc.equal(columns.column("row"), pa.scalar(row, pa.int32())),
    )
    if columns.hour is None:
        mask = pc.and_(mask, pc.equal(hours_of(columns.column("timestamp")), pa.scalar(hour, pa.int64())))
    return mask
