"""Tokens with a digit, such as ids, and the bloom filter of those in a segment.

A token is a maximal run of the characters 0-9, A-Z, a-z and _ in a text. Its case does not count. Short tokens are
left out, because nearly every segment has them: those under 5 characters, and numbers under 6 digits.
"""

import math
import re
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from logloop_query.logs.segments.trigrams import DIGIT, LIKE_ASCII, classes_of

Hashes: TypeAlias = npt.NDArray[np.uint64]
MIN_CHARACTERS, MIN_DIGITS = 5, 6
FILTER_SIZES = tuple(part * 2**power for power in range(9, 22) for part in (2, 3))
"""Sizes of filters in bits: 1,024 to 6,291,456."""
_PROBES = 6
"""Bits that each token sets."""
_BITS_A_TOKEN = 10
"""Least size for each different token, if it is not above the largest: then 1 of 110 absent tokens passes."""
_MAX_COUNTED_BITS = 2**20
_MAX_BYTES = 64
"""Bytes of a token that are hashed, beside its length."""

_TOKEN = re.compile(r"[0-9A-Za-z_]+")
_EIGHT_SPACES = np.uint64(0x2020202020202020)
_FIRST, _SECOND = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_HALF, _LOW = np.uint64(32), np.uint64(2**32 - 1)


def tokens_of(text: str, *, is_whole: bool) -> list[str]:
    """Return tokens of every text that contains `text`, ignoring case and in each Unicode form.

    `is_whole`: what stands beside it is neither letter, digit nor _. Otherwise its first and last word may be longer.
    """
    if any(character in text for character in LIKE_ASCII):
        return []
    return [found[0] for found in _TOKEN.finditer(text) if _is_indexed(found[0]) and _is_bounded(found, is_whole)]


def _is_indexed(token: str) -> bool:
    digits = sum(character.isdigit() for character in token)
    return digits > 0 and len(token) >= (MIN_DIGITS if digits == len(token) else MIN_CHARACTERS)


def _is_bounded(found: re.Match[str], is_whole: bool) -> bool:
    """Return whether a token ends where it ends in `text`. A letter with an accent may begin with a plain letter."""
    start, end = found.span()
    text = found.string
    if not is_whole and (start == 0 or end == len(text)):
        return False
    return end == len(text) or text[end].isascii()


def hashes_in(block: bytes, classes: Any) -> Hashes:
    """Return the hashes of the tokens in UTF-8 bytes, with repetitions. A line break is on each side of a text."""
    is_long = classes <= DIGIT
    for _ in range(MIN_CHARACTERS - 1):
        is_long = is_long[1:] & is_long[:-1]
    edges = np.flatnonzero(is_long[1:] != is_long[:-1])  # few, as short words have none
    starts, ends = edges[::2], edges[1::2] + MIN_CHARACTERS - 1
    digits = np.cumsum(classes == DIGIT, dtype=np.int32)
    digits, lengths = digits[ends] - digits[starts], ends - starts
    kept = (digits > 0) & ((digits < lengths) | (lengths >= MIN_DIGITS))
    return _hashes(block, starts[kept] + 1, lengths[kept])


def _hashes(block: bytes, starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> Hashes:
    padded = block + bytes(8)
    eights = np.ndarray((len(block) + 1,), "<u8", padded, strides=(1,))
    found = _mixed(lengths.astype(np.uint64))
    for place in range(0, min(int(lengths.max(initial=0)), _MAX_BYTES), 8):
        live = np.flatnonzero(lengths > place)
        words = eights[starts[live] + place] | _EIGHT_SPACES
        spare = 8 * np.maximum(8 - (lengths[live] - place), 0).astype(np.uint64)
        found[live] = _mixed(found[live] + (words << spare))
    return found


def _mixed(numbers: Hashes) -> Hashes:
    """Mix the bits of numbers, as MurmurHash3 does at its end."""
    for factor in (_FIRST, _SECOND):
        numbers = (numbers ^ (numbers >> np.uint64(33))) * factor
    return numbers ^ (numbers >> np.uint64(33))


def places_of(tokens: Sequence[str]) -> dict[int, list[int]]:
    """Return the bits that tokens set in a filter, by the size of the filter."""
    block = "\n".join(["", *tokens, ""]).encode()
    probes = _probes(hashes_in(block, classes_of(block))).ravel()
    return {size: _places(probes, size).tolist() for size in FILTER_SIZES}


def _probes(hashes: Hashes) -> Hashes:
    """Return numbers of 32 bits, _PROBES rows of them."""
    first, step = hashes & _LOW, hashes >> _HALF | np.uint64(1)
    return np.stack([first + np.uint64(probe) * step for probe in range(_PROBES)]) & _LOW


def _places(probes: Hashes, size: int) -> npt.NDArray[np.intp]:
    return (probes * np.uint64(size) >> _HALF).astype(np.intp)


def bloom_filter(parts: Sequence[Hashes]) -> npt.NDArray[np.bool_]:
    """Return the bits of a filter of one of FILTER_SIZES."""
    least = _BITS_A_TOKEN * _different(parts)
    size = next((size for size in FILTER_SIZES if size >= least), FILTER_SIZES[-1])
    bits = np.zeros(size, np.bool_)
    for hashes in parts:
        bits[_places(_probes(hashes), size)] = True
    return bits


def _different(parts: Sequence[Hashes]) -> float:
    """Estimate the number of different hashes from the share of bits that they set (linear counting)."""
    size = min(_MAX_COUNTED_BITS, 1 << (2 * sum(map(len, parts)) + 1).bit_length())
    bits = np.zeros(size, np.bool_)
    for hashes in parts:
        bits[(hashes & np.uint64(size - 1)).astype(np.intp)] = True
    return -size * math.log1p(-min(float(bits.mean()), 1 - 1 / size))
