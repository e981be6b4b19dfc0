"""Merges patterns that differ in one variable word: `user anna left`, `user bert left` → `user <*> left`."""

from collections import Counter
from collections.abc import Iterable

VARIABLE = "<*>"
MIN_VALUES = 8
_MAX_TOKENS = 40
_MAX_PATTERNS = 20_000
_ROUNDS = 2


def merge_templates(patterns: Iterable[str], min_values: int = MIN_VALUES) -> dict[str, str]:
    """Return the template of each distinct pattern, independent of the order of patterns.

    A word is variable if at least `min_values` patterns differ only in that word. Patterns longer than 40 words
    stay unchanged; so do all patterns if there are more than 20,000.
    """
    result = {pattern: pattern for pattern in patterns}
    if len(result) > _MAX_PATTERNS:
        return result
    for _ in range(_ROUNDS):
        step = _wildcards(set(result.values()), min_values)
        if not step:
            break
        result = {pattern: step.get(template, template) for pattern, template in result.items()}
    return result


def _wildcards(templates: set[str], min_values: int) -> dict[str, str]:
    # Templates are distinct: those that are equal without one word differ in it, so their number is its values.
    values: Counter[int] = Counter()
    for template in templates:
        values.update(hash(key) for key in _each_word_left_out(template))
    merged: dict[str, str] = {}
    for template in templates:
        options = [
            (count, -position, rest)
            for position, rest in _each_word_left_out(template)
            if (count := values[hash((position, rest))]) >= min_values
        ]
        if options:
            merged[template] = max(options)[2]
    return merged


def _each_word_left_out(template: str) -> list[tuple[int, str]]:
    words = template.split(" ")
    if not 2 <= len(words) <= _MAX_TOKENS:
        return []
    return [
        (position, " ".join([*words[:position], VARIABLE, *words[position + 1 :]]))
        for position, word in enumerate(words)
        if word != VARIABLE
    ]
