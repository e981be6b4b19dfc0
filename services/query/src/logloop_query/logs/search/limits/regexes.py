"""Applies RE2 patterns to Arrow texts in small slices, and estimates what a pattern can cost.

RE2 runs most patterns as a DFA, at 1 to 3 ns per byte. A pattern with too many states, such as `[a-z].{100}[0-9]`,
falls back to the NFA, which takes up to 8 ns per byte and active instruction: here 6 µs per byte. A call of Arrow
cannot be interrupted, so each call gets only a small slice of the text.
"""

import functools
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import re2

from logloop_query.logs.search.limits.pace import Pace

STEP_SECONDS = 0.025
"""Target duration of a slice. Its size depends on the duration of the previous slice."""

_NS_AN_INSTRUCTION = 8.0
_BYTES_A_CHARACTER = 4
"""Instructions that one character of a class can activate in UTF-8."""
_FIRST_SECONDS, _MOST_SECONDS = 0.2, 2.0
_FIRST_BYTES, _MOST_BYTES, _LEAST_BYTES = 512 * 2**10, 8 * 2**20, 4 * 2**10
_GROWTH = 8


@dataclass(frozen=True, slots=True)
class Cost:
    """`program`: instructions of the compiled pattern. `active`: how many of them one byte may activate."""

    program: int
    active: int

    def bytes_in(self, seconds: float) -> int:
        """Return how many bytes of text take at most `seconds`, in the worst case."""
        return int(seconds * 1e9 / (_NS_AN_INSTRUCTION * max(1, self.active)))


def _options(*, latin1: bool) -> Any:
    options = re2.Options()
    options.log_errors = False
    if latin1:
        options.encoding = re2.Options.Encoding.LATIN1
    return options


@functools.lru_cache(maxsize=1024)
def cost_of(pattern: str) -> Cost:
    """Return what a valid pattern can cost.

    A class such as `\\pL` has 1,200 instructions in UTF-8, of which one byte activates only a few. The size of the
    same program for single bytes is the number of its characters.
    """
    program = re2.compile(pattern, _options(latin1=False)).programsize
    try:
        characters = re2.compile(pattern.encode(), _options(latin1=True)).programsize
    except re2.error:
        characters = program
    return Cost(program, min(program, _BYTES_A_CHARACTER * characters))


def match(texts: Any, pattern: str, pace: Pace) -> Any:
    """Return in which texts of a utf8 array a pattern matches. Raises OutOfTime between two slices."""
    if not len(texts):
        return pc.match_substring_regex(texts, pattern=pattern)
    cost = cost_of(pattern)
    most = max(_LEAST_BYTES, min(_MOST_BYTES, cost.bytes_in(_MOST_SECONDS)))
    size = pace.sizes.get(pattern) or max(_LEAST_BYTES, min(_FIRST_BYTES, cost.bytes_in(_FIRST_SECONDS)))
    bounds = memoryview(texts.buffers()[1]).cast("i")
    at, last = texts.offset, texts.offset + len(texts)
    hits = []
    while at < last:
        pace.check()
        # A small remainder is not worth another call, which compiles the pattern again (0.1 to 2 ms).
        most_here = bounds[last] - bounds[at] if bounds[last] - bounds[at] < 2 * size else size
        end = max(at + 1, bisect_right(bounds, bounds[at] + most_here, at + 1, last + 1) - 1)
        began = pace.clock()
        hits.append(pc.match_substring_regex(texts.slice(at - texts.offset, end - at), pattern=pattern))
        if bounds[end] - bounds[at] >= size // 2:
            size = pace.sizes[pattern] = _next_size(size, pace.clock() - began, most)
        at = end
    return hits[0] if len(hits) == 1 else pa.concat_arrays(hits)


def _next_size(size: int, took: float, most: int) -> int:
    """Return the bytes of the next slice, after one of `size` bytes took `took` seconds."""
    fitting = int(size * STEP_SECONDS / took) if took > 0 else size * _GROWTH
    return max(_LEAST_BYTES, min(fitting, size * _GROWTH, most))
