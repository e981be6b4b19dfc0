"""Letter trigrams: which three letters of the alphabet follow each other in a text, in any case.

A text that contains a word contains every trigram of the word. So a text without one of them need not be searched. A
trigram is a number of 15 bits, five for each of its letters.
"""

import functools
import re
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Flags: TypeAlias = npt.NDArray[np.bool_]
"""SIZE booleans, one for each trigram."""
SIZE = 1 << 15
NON_ASCII = SIZE - 1
"""A flag beside the trigrams: the text has characters beyond ASCII."""
LIKE_ASCII = "\u017f\u212a\u037e\u1fef"
"""Characters that a search may treat as ASCII ones.

RE2 takes U+017F and U+212A for s and k when it ignores case. NFC turns U+212A into K, and the others into ; and `.
"""

_LIKE_ASCII_BYTES = tuple(character.encode() for character in LIKE_ASCII)
LAST_LETTER, UNDERSCORE, DIGIT, _OTHER = 26, 27, 28, 31
_BLOCK = 1 << 15
"""Bytes at once, so that the arrays fit into the cache of a core."""
_BITS_BEFORE = np.array([0xFF00 >> bits & 0xFF for bits in range(8)], np.uint8)
"""The bits of a byte that stand before one of its eight, the highest bit first."""
_RUN = re.compile(r"[A-Za-z]{3,}")


def _class(byte: int) -> int:
    character = chr(byte)
    if not character.isascii() or not (character.isalnum() or character == "_"):
        return _OTHER
    return DIGIT if character.isdigit() else UNDERSCORE if character == "_" else byte & 31


_CLASSES = bytes(map(_class, range(256)))


def classes_of(block: bytes | memoryview) -> Any:
    """Return the class of each byte: an ASCII letter as 1 to LAST_LETTER, UNDERSCORE, DIGIT, or a higher number."""
    return np.frombuffer(bytes(block).translate(_CLASSES), np.uint8)


class TrigramSet:
    """Collects the trigrams of texts. With a character of LIKE_ASCII it is full: the texts may have every trigram."""

    def __init__(self, known: Flags | None = None) -> None:
        self._seen = np.zeros(SIZE, np.bool_) if known is None else known.copy()
        self._is_ascii = known is None or not known[NON_ASCII]
        self.is_full = False

    def add(self, block: bytes, classes: Any | None) -> None:
        """Add the trigrams of UTF-8 bytes, whose classes are known; None when the trigrams are in the set already."""
        if not block.isascii():
            self._is_ascii = False
            self.is_full = self.is_full or any(character in block for character in _LIKE_ASCII_BYTES)
        if classes is not None:
            self._seen[_codes(classes)] = True

    @property
    def flags(self) -> Flags:
        """Which trigrams there are."""
        if self.is_full:
            return np.ones(SIZE, np.bool_)
        flags = self._seen & _OF_LETTERS
        flags[NON_ASCII] = not self._is_ascii
        return flags


def trigram_counts(data: bytes | memoryview, weights: Any = None) -> Any:
    """Return how often each trigram of letters occurs in UTF-8 bytes, as SIZE int64 (5 ns a byte).

    `weights` says for each byte how often the trigram that begins there counts, by default once.
    """
    counts = np.zeros(SIZE, np.int64)
    view = memoryview(data)
    for start in range(0, len(view), _BLOCK):
        codes = _codes(classes_of(view[start : start + _BLOCK + 2]))
        if weights is None:
            counts += np.bincount(codes, minlength=SIZE)
        else:
            counts += np.bincount(codes, weights[start : start + len(codes)], SIZE).astype(np.int64)
    counts[~_OF_LETTERS] = 0
    return counts


def letters_before(data: bytes | memoryview, places: Any) -> Any:
    """Return how many ASCII letters bytes have before each place, as int32 (0.3 ns a byte). Their end is a place."""
    codes = np.frombuffer(data, np.uint8)
    blocks = (codes[start : start + _BLOCK] for start in range(0, len(codes), _BLOCK))
    packed = np.concatenate([*(np.packbits(_are_letters(block)) for block in blocks), np.zeros(1, np.uint8)])
    counts = np.zeros(len(packed) + 1, np.int32)
    np.cumsum(np.bitwise_count(packed), out=counts[1:])
    eights = places >> 3
    return counts[eights] + np.bitwise_count(packed[eights] & _BITS_BEFORE[places & 7])


def _are_letters(codes: Any) -> Any:
    return (codes | 32) - np.uint8(ord("a")) < LAST_LETTER


def _codes(classes: Any) -> Any:
    """Return the trigram at each byte but the last two."""
    letters = classes.astype(np.uint16)
    codes = letters[:-2] << 10 | letters[1:-1] << 5 | letters[2:]
    return codes.astype(np.intp)  # numpy takes indices of another type at half the speed


@functools.lru_cache(maxsize=64)  # each segment is asked for the same words
def trigrams_of(word: str) -> tuple[int, ...]:
    """Return the trigrams of every text that contains a word, ignoring case and in each Unicode form, sorted.

    NON_ASCII is among them if the word has other characters. A short word has none.
    """
    found = {_code(run[place : place + 3]) for run in _RUN.findall(word) for place in range(len(run) - 2)}
    if not all(character.isascii() or character in LIKE_ASCII for character in word):
        found.add(NON_ASCII)
    return tuple(sorted(found))


def _code(letters: str) -> int:
    first, second, third = (_CLASSES[ord(letter)] for letter in letters)
    return first << 10 | second << 5 | third


def _of_letters() -> Flags:
    is_letter = np.zeros(32, np.bool_)
    is_letter[[_CLASSES[letter] for letter in range(ord("a"), ord("z") + 1)]] = True
    return (is_letter[:, None, None] & is_letter[:, None] & is_letter).ravel()


_OF_LETTERS = _of_letters()
