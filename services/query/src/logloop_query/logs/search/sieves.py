"""Finds texts that cannot pass a test, in blocks of texts: faster than to test each.

What is left out cannot pass. What is left may pass.
"""

import re
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logloop_query.logs.search.language.filter import Contains, HasWord, Matches
from logloop_query.logs.search.language.regex_literals import ignores_neighbours
from logloop_query.logs.search.language.unicode_forms import may_change
from logloop_query.logs.search.limits import regexes
from logloop_query.logs.search.limits.pace import Pace
from logloop_query.logs.segments.text_buffers import in_blocks

Rows: TypeAlias = Any
"""True for every text, False for none, or a boolean array without nulls."""
TextLeaf: TypeAlias = Contains | Matches | HasWord

_FEW_TEXTS = 256
"""So few texts are tested sooner than their blocks."""
_BLOCK_ROWS = 256
_SMALL_BLOCK_BYTES = 4096
_MOST_BLOCKS = 0.75
_WITHOUT_CASE = re.compile(r"[ -@\[-`{-~]{3,}")
_MAY_BE_COMPOSED = re.compile(r"[^ -:<-_a-~]")
"""Characters that composing may make from others: `;`, a backquote, and those beyond ASCII."""


def may_pass(leaf: TextLeaf, array: Any, pace: Pace) -> Rows:
    """Return which texts of a utf8 array may pass the test of a leaf. Raises OutOfTime."""
    if len(array) <= _FEW_TEXTS:
        return True
    if not isinstance(leaf, Matches):
        return may_contain(array, leaf.value)
    is_free = ignores_neighbours(leaf.pattern)
    # RE2 finds a literal text in a pattern itself. Only a piece without letters is found sooner.
    uses_needle = bool(leaf.needle) and (not is_free or bool(_WITHOUT_CASE.search(leaf.needle)))
    rows: Rows = may_contain(array, leaf.needle) if uses_needle else True
    if rows is False or not is_free:
        return rows
    left = may_match(array if rows is True else array.filter(rows), leaf.pattern, pace)
    if rows is True or left is True:
        return left if rows is True else rows
    return left is not False and pc.replace_with_mask(rows, rows, left)


def may_contain(array: Any, text: str) -> Rows:
    """Return which texts of a utf8 array may contain a text, ignoring case: those of the blocks in which it is found.

    A search over whole blocks of the buffer takes 0.3 to 1.4 ns a byte, a search of each row 1.5 more. A hit may span
    two rows. RE2 finds a piece without letters ten times as fast, as their case does not matter.
    """
    if _MAY_BE_COMPOSED.search(text) and may_change(array):
        return True
    piece = max(_WITHOUT_CASE.findall(text), key=len, default="")
    if piece:
        rows_each = _rows_of_small_blocks(array)
        found = pc.match_substring_regex(in_blocks(array, rows_each), pattern=re.escape(piece))
        rows = _rows(found, rows_each, len(array))
        if rows is not True:
            return rows
    found = pc.match_substring(in_blocks(array, _BLOCK_ROWS), pattern=text, ignore_case=True)
    return _rows(found, _BLOCK_ROWS, len(array))


def may_match(array: Any, pattern: str, pace: Pace) -> Rows:
    """Return which texts of a utf8 array may match an RE2 pattern that ignores the neighbours of a match."""
    if may_change(array):
        return True
    rows_each = _rows_of_small_blocks(array)
    return _rows(regexes.match(in_blocks(array, rows_each), pattern, pace), rows_each, len(array))


def _rows_of_small_blocks(array: Any) -> int:
    size: int = array.nbytes
    return max(1, _SMALL_BLOCK_BYTES * len(array) // max(1, size))


def _rows(blocks: Any, rows_each: int, count: int) -> Rows:
    """Return the texts of the blocks that were found."""
    found = blocks.to_numpy(zero_copy_only=False)
    if not found.any():
        return False
    if found.mean() > _MOST_BLOCKS:
        return True
    return pa.array(np.repeat(found, rows_each)[:count])
