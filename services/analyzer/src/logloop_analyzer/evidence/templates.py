"""Patterns whose variable part is a word, brought together: `user anna left`, `user bert left` → `user <*> left`.

It must not depend on the order of lines, so that the same logs always give the same patterns.
"""

from collections import defaultdict
from collections.abc import Iterable

VARIABLE = "<*>"
MIN_VALUES = 8
_MAX_TOKENS = 40
_ROUNDS = 2


def merge_templates(patterns: Iterable[str], min_values: int = MIN_VALUES) -> dict[str, str]:
    """Template of each distinct pattern.

    A word is variable where at least `min_values` patterns differ in that word alone. Patterns longer than
    40 words stay as they are.
    """
    result = {pattern: pattern for pattern in patterns}
    for _ in range(_ROUNDS):
        step = _wildcards(set(result.values()), min_values)
        if not step:
            break
        result = {pattern: step.get(template, template) for pattern, template in result.items()}
    return result


def _wildcards(templates: set[str], min_values: int) -> dict[str, str]:
    values: dict[tuple[int, str], set[str]] = defaultdict(set)
    for template in templates:
        for position, word, rest in _each_word_left_out(template):
            values[position, rest].add(word)
    merged: dict[str, str] = {}
    for template in templates:
        options = [
            (len(values[position, rest]), -position, rest)
            for position, _, rest in _each_word_left_out(template)
            if len(values[position, rest]) >= min_values
        ]
        if options:
            merged[template] = max(options)[2]
    return merged


def _each_word_left_out(template: str) -> list[tuple[int, str, str]]:
    words = template.split(" ")
    if not 2 <= len(words) <= _MAX_TOKENS:
        return []
    return [
        (position, word, " ".join([*words[:position], VARIABLE, *words[position + 1 :]]))
        for position, word in enumerate(words)
        if word != VARIABLE
    ]
