"""The pattern of a message: its text with `<*>` in place of what varies. Needs the `arrow` extra.

A pattern depends on nothing but its message, so every process finds the same one. All expressions are RE2, whose
time is linear in the text.
"""

import pyarrow as pa
import pyarrow.compute as pc

from logloop_contracts.patterns import VARIABLE

PATTERN_VERSION = 2
"""Version of the mask. A stored pattern of another version is found again from its message."""
FIRST_VERSION = 1
"""The version of what is stored without one: each word between blanks that has a digit is variable."""

_SEPARATORS = r"\s=,:;()\[\]{}<>|\"'"
_TOKEN_WITH_DIGIT = rf"[<>~]?[+\-]?[^{_SEPARATORS}]*\d[^{_SEPARATORS}]*"
_WORD_WITH_DIGIT = r"\S*\d\S*"

_DAY = r"(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?"
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t|tember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)"
)
_DATE = (
    rf"(?:\b{_DAY},? )?"
    rf"(?:\b{_MONTH}\.? <\*>|<\*> {_MONTH}\b),?(?:[ :]<\*>)*(?: [A-Z]{{3,4}}\b)?(?: <\*>)?"
)
_HEX_PAIRS = r"(?:\b[0-9a-fA-F]{2}|<\*>)(?::(?:[0-9a-fA-F]{2}\b|<\*>)){2,}"
_LONG_HEX = r"\b[a-fA-F]{8,}\b"
_KEY = r"(?:\b[A-Za-z_][\w.\-]*|<\*>)="
_ASSIGNED = r"\[[^\[\]\n]*\]|\"[^\"\n]{0,200}\"|(?:[^\s,;|()\[\]{}<>\"']|<\*>)+"
_HOST_AND_PORT = r"(?:[\w\-]+\.)+[A-Za-z][\w\-]*:<\*>"
_QUANTITY = r"<\*> ?(?:[KMGTP]i?B|B|bytes|secs?)\b"
RUN_OF_VARIABLES = r"<\*>(?:(?:[\s,:;/|.=\-]*<\*>)|\{<\*>\}|\[<\*>\]| ?\((?:<\*>)?\))+"

_TYPED = (
    (("  ", "\t"), r"[ \t]{2,}", " "),
    (('"',), r"(^|[^:\w\"])\"[^\"\s]{0,200}\"([^:\w]|$)", rf"\1{VARIABLE}\2"),  # "value", but not in JSON
    (("",), f"{_DATE}|{_HEX_PAIRS}|{_LONG_HEX}", VARIABLE),
    (("=",), f"({_KEY})(?:{_ASSIGNED})", rf"\1{VARIABLE}"),
    ((VARIABLE,), f"{_HOST_AND_PORT}|{_QUANTITY}", VARIABLE),
    ((VARIABLE,), RUN_OF_VARIABLES, VARIABLE),
)
"""What varies without a digit, in order: texts that each match contains one of, an expression and its replacement."""

_MAX_CACHED_CHARACTERS = 16 * 2**20
_SHORT_BYTES = 200
"""Average bytes of messages up to which those that differ only in digits are united before they are masked."""
_ZEROS = bytes.maketrans(b"123456789", b"000000000")


def mask_messages(messages: pa.Array, version: int = PATTERN_VERSION) -> pa.Array:
    """Return the pattern of each message, dictionary-encoded.

    Short messages that differ only in digits are masked once: no expression tells one digit from another.
    """
    if version == FIRST_VERSION:
        return pc.replace_substring_regex(
            messages, pattern=_WORD_WITH_DIGIT, replacement=VARIABLE
        ).dictionary_encode()
    if not _are_short(messages):
        return _mask(messages)
    shapes = _with_zeros(messages).dictionary_encode()
    masks = _mask(shapes.dictionary)
    return pa.DictionaryArray.from_arrays(masks.indices.take(shapes.indices), masks.dictionary)


def _mask(messages: pa.Array) -> pa.Array:
    """Return the pattern of each message.

    One pass replaces each token with a digit. What is left has few distinct texts, and only those take the others.
    """
    found = pc.replace_substring_regex(messages, pattern=_TOKEN_WITH_DIGIT, replacement=VARIABLE).dictionary_encode()
    masks = pa.array(_CACHE.masks_of(found.dictionary.to_pylist()), pa.utf8()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(masks.indices.take(found.indices), masks.dictionary)


def _are_short(messages: pa.Array) -> bool:
    """Return whether messages are short on average, none is null, and they are not a slice of others."""
    data = messages.buffers()[2]
    return (
        data is not None
        and messages.offset == 0
        and messages.null_count == 0
        and data.size <= _SHORT_BYTES * len(messages)
    )


def _with_zeros(messages: pa.Array) -> pa.Array:
    """Return the messages with each digit replaced by 0."""
    _, offsets, data = messages.buffers()
    zeros = pa.py_buffer(data.to_pybytes().translate(_ZEROS))
    return pa.Array.from_buffers(messages.type, len(messages), [None, offsets, zeros])


def mask_text(message: str) -> str:
    """Return the pattern of one message."""
    return str(mask_messages(pa.array([message], pa.utf8()))[0].as_py())


class _Cache:
    """The masks of texts whose tokens with digits are replaced. It starts anew when it is full."""

    def __init__(self) -> None:
        self._masks: dict[str, str] = {}
        self._characters = 0

    def masks_of(self, texts: list[str]) -> list[str]:
        """Return the mask of each text, computing those that are not known."""
        known = self._masks
        new = [text for text in texts if text not in known]
        if not new:
            return [known[text] for text in texts]
        masks = dict(zip(new, _mask_typed(new), strict=True))
        self._remember(masks)
        return [masks[text] if text in masks else known[text] for text in texts]

    def _remember(self, masks: dict[str, str]) -> None:
        size = sum(map(len, masks)) + sum(map(len, masks.values())) + 100 * len(masks)
        if self._characters + size > _MAX_CACHED_CHARACTERS:
            self._masks, self._characters = {}, 0  # other threads may still read the old dict
        if size <= _MAX_CACHED_CHARACTERS:
            self._masks.update(masks)
            self._characters += size


_CACHE = _Cache()


def _mask_typed(texts: list[str]) -> list[str]:
    masked = list(texts)
    for needles, pattern, replacement in _TYPED:
        places = [place for place, text in enumerate(masked) if any(needle in text for needle in needles)]
        found = pa.array([masked[place] for place in places], pa.utf8())
        changed = pc.replace_substring_regex(found, pattern=pattern, replacement=replacement).to_pylist()
        for place, text in zip(places, changed, strict=True):
            masked[place] = text
    return masked
