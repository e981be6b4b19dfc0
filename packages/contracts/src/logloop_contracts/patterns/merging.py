"""Merges patterns that differ in a value: `user anna left`, `user bert left`, … → the template `user <*> left`.

A word varies when enough patterns are equal in everything else. How many are enough depends on the word: few for a
path, more for a plain word. The result depends on the set of patterns only, not on their order, and at least one
constant word remains in each template that had one. What people decided about templates comes first.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import reduce
from operator import xor

from logloop_contracts.patterns import VARIABLE
from logloop_contracts.patterns.edits import NO_EDITS, PatternEdits, united_patterns
from logloop_contracts.patterns.masking import RUN_OF_VARIABLES

MAX_PATTERNS = 20_000
MAX_CHARACTERS = 2_000_000
"""Patterns beyond these, the longest first, stay as they are."""
_MAX_TOKENS = 400
_ROUNDS = 3

_PLAIN_WORD = 6
_IN_BRACKETS = 4
_AFTER_NOUN = 3
_CODED_WORD = 2
_MASKED_ELSEWHERE = 2
"""How many values a word of each kind must have to be variable."""
_CONSTANTS_BESIDE_MASKED = 3
"""A word that is masked in another pattern needs this many constant words beside it."""
_NOUNS = frozenset(
    "user username account login client host hostname server node device interface port queue topic exchange channel "  # noqa: SIM905  # a list of words reads better so
    "table database collection bucket index file directory folder path class module package plugin service process "
    "job task thread worker pod container image cluster region key id name type".split()
)
"""Words that name what the next word is a value of."""

BETWEEN_WORDS = re.compile(r"([\s=,:;()\[\]{}|\"']+)")
_CODE = re.compile(r"[/\\@]|\w\.\w|<\*>")
_CONSTANT_NAME = re.compile(r"[A-Z][A-Z_]{2,}$|(?:Exception|Error|Failure|Fault|Warning)$")
LETTERS = re.compile(r"[^\W\d_]{2}")
_LAST_WORD = re.compile(r"[A-Za-z][a-z]*$")
_RUN = re.compile(RUN_OF_VARIABLES)


def template_id(template: str) -> str:
    """Return the id of a template or pattern, which depends on its text only."""
    return hashlib.blake2b(template.encode(), digest_size=16).hexdigest()


def expression_for(template: str) -> str:
    """Return an RE2 expression whose full matches are a template, its patterns and their messages."""
    return "(?s)" + ".+".join(map(re.escape, template.split(VARIABLE)))


def merge_patterns(patterns: Iterable[str], edits: PatternEdits = NO_EDITS) -> dict[str, str]:
    """Return the template of each distinct pattern.

    A pattern that fits a template of `edits.united` has that template. No other pattern has a template of
    `edits.apart` except the one with the same text.
    """
    templates = {pattern: pattern for pattern in patterns}
    united = united_patterns(templates, edits.united)
    texts = {pattern: _Text(pattern) for pattern in _affordable(templates.keys() - united.keys())}
    current = {pattern: pattern for pattern in texts}
    for _ in range(_ROUNDS):
        step = _without_values(texts)
        step |= _without_partly_masked({text: item for text, item in texts.items() if text not in step})
        step = {text: template for text, template in step.items() if template not in edits.apart}
        if not step:
            break
        current = {pattern: step.get(template, template) for pattern, template in current.items()}
        texts = {template: texts.get(template) or _Text(template) for template in set(current.values())}
    return templates | current | united


def _affordable(patterns: Collection[str]) -> list[str]:
    """Return the patterns to merge: all, or the shortest of too many."""
    if len(patterns) <= MAX_PATTERNS and sum(map(len, patterns)) <= MAX_CHARACTERS:
        return list(patterns)
    chosen, characters = [], 0
    for pattern in sorted(patterns, key=lambda text: (len(text), text))[:MAX_PATTERNS]:
        characters += len(pattern)
        if characters > MAX_CHARACTERS:
            break
        chosen.append(pattern)
    return chosen


class _Text:
    """A pattern or template in tokens: words at even positions, what is between them at odd ones."""

    __slots__ = ("constants", "loose", "parts", "tokens", "without_part")

    def __init__(self, text: str) -> None:
        tokens = BETWEEN_WORDS.split(text)
        self.tokens = tokens if len(tokens) <= _MAX_TOKENS else []
        self.constants: int | None = None
        self.loose = _leaving_out(self.tokens, _loose_words(self.tokens))
        """For the position of each word that may vary, a hash of the text without it."""
        self.parts = text.split(" ") if VARIABLE in text and self.tokens else []
        masked = [position for position, part in enumerate(self.parts) if VARIABLE in part]
        self.without_part = _leaving_out(self.parts, masked)
        """For the position of each masked part between blanks, a hash of the text without it."""

    def constants_without(self, position: int) -> int:
        """Return the number of constant words beside one."""
        if self.constants is None:
            self.constants = sum(1 for word in self.tokens[::2] if LETTERS.search(word))
        return self.constants - (1 if LETTERS.search(self.tokens[position]) else 0)


def _leaving_out(items: list[str], positions: list[int]) -> dict[int, int]:
    """Return for each of the positions a hash of the items without that one."""
    hashes = list(map(hash, enumerate(items)))
    whole = reduce(xor, hashes, 0)
    return {position: whole ^ hashes[position] for position in positions}


def _loose_words(tokens: list[str]) -> list[int]:
    """Return the positions of the words that may vary."""
    if not tokens:
        return []
    first, last = (0 if tokens[0] else 2), len(tokens) - 1
    return [
        position
        for position in range(0, len(tokens), 2)
        if tokens[position]
        and not (position == first and _is_subject(tokens[position]))
        and (position == last or tokens[position + 1].isspace() or not _is_name(tokens, position))
    ]


def _is_subject(word: str) -> bool:
    """Return whether the first word of a text says what the text is about."""
    return not (
        VARIABLE in word or "/" in word or "\\" in word or "@" in word or (word.count(".") > 1 and _is_coded(word))
    )


def _is_name(tokens: list[str], position: int) -> bool:
    """Return whether a word names what follows: it stands before = ( { or, if it is a plain word, before a colon."""
    after = tokens[position + 1][0]
    return after in "=({" or (after == ":" and not _is_coded(tokens[position]))


def _is_coded(word: str) -> bool:
    """Return whether a word is a path, an address, a dotted name or partly masked, but no constant or exception."""
    return bool(_CODE.search(word)) and (VARIABLE in word or not _CONSTANT_NAME.search(word.rstrip(".")))


def _without_values(texts: Mapping[str, _Text]) -> dict[str, str]:
    """Return the texts in which a word varies, each with `<*>` in its place: the word with the most values."""
    values = Counter(rest for text in texts.values() for rest in text.loose.values())
    masked = {rest for text in texts.values() for at, rest in text.loose.items() if text.tokens[at] == VARIABLE}
    merged: dict[str, str] = {}
    for name, text in texts.items():
        options = [
            (values[rest], -at)
            for at, rest in text.loose.items()
            if values[rest] >= _CODED_WORD and text.tokens[at] != VARIABLE
            if _enough(text, at, values[rest], is_masked=rest in masked)
        ]
        if options:
            at = -max(options)[1]
            merged[name] = _RUN.sub(VARIABLE, "".join([*text.tokens[:at], VARIABLE, *text.tokens[at + 1 :]]))
    return {name: template for name, template in merged.items() if name != template}


def _enough(text: _Text, at: int, values: int, *, is_masked: bool) -> bool:
    """Return whether a word with this many values is variable. `is_masked`: one of the values is `<*>`."""
    tokens, constants = text.tokens, text.constants_without(at)
    if not constants:
        return False
    word = tokens[at]
    before, after = (tokens[at - 1] if at else ""), (tokens[at + 1] if at + 1 < len(tokens) else "")
    coded = _is_coded(word) or (len(word) == 1 and word.isalpha())
    needed = _CODED_WORD if coded else _PLAIN_WORD
    if before.endswith("[") and after.startswith("]"):
        needed = min(needed, _IN_BRACKETS)
    if not coded and before.isspace() and _is_noun(tokens[at - 2]):
        needed = min(needed, _AFTER_NOUN)
    if is_masked and constants >= _CONSTANTS_BESIDE_MASKED:
        needed = min(needed, _MASKED_ELSEWHERE)
    return values >= needed


def _is_noun(word: str) -> bool:
    last = _LAST_WORD.search(word)
    return last is not None and last[0].lower().removesuffix("s") in _NOUNS


def _without_partly_masked(texts: Mapping[str, _Text]) -> dict[str, str]:
    """Return the texts with a part such as `LOCAL(<*>),` where another text, equal elsewhere, has just `<*>,`."""
    whole = {
        (rest, _end(text.parts[at]))
        for text in texts.values()
        for at, rest in text.without_part.items()
        if text.parts[at] == VARIABLE + _end(text.parts[at])
    }
    merged: dict[str, str] = {}
    for name, text in texts.items():
        for at, rest in text.without_part.items():
            end = _end(text.parts[at])
            others = [*text.parts[:at], *text.parts[at + 1 :]]
            if (
                at
                and text.parts[at] != VARIABLE + end
                and (rest, end) in whole
                and any(LETTERS.search(other) for other in others)
            ):
                template = _RUN.sub(VARIABLE, " ".join([*text.parts[:at], VARIABLE + end, *text.parts[at + 1 :]]))
                if template != name:
                    merged[name] = template
                break
    return merged


def _end(part: str) -> str:
    return part[-1] if part[-1] in ",:;." else ""
