"""What people change about templates: which patterns they unite, and which templates they take apart."""

from collections.abc import Iterable
from dataclasses import dataclass

from logloop_contracts.patterns import VARIABLE

MAX_EDITS = 200
"""Templates of a project that people may edit. The time of a merge grows with their number."""


@dataclass(frozen=True, slots=True)
class PatternEdits:
    """Templates that unite every pattern that fits them, and templates that the automatic merge must not make."""

    united: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()


NO_EDITS = PatternEdits()


def fits(template: str, text: str) -> bool:
    """Return whether a text, such as a pattern, is the template with at least one character for each `<*>`.

    Takes linear time, whatever the texts are.
    """
    first, *rest = template.split(VARIABLE)
    if not rest:
        return text == template
    if not text.startswith(first):
        return False
    *middle, last = rest
    at = len(first)
    for part in middle:
        found = text.find(part, at + 1)
        if found < 0:
            return False
        at = found + len(part)
    return len(text) - len(last) > at and text.endswith(last)


def united_patterns(patterns: Iterable[str], united: Iterable[str]) -> dict[str, str]:
    """Return the template of each pattern that fits one. Of several, the one with most constant characters wins."""
    found: dict[str, str] = {}
    left = list(patterns)
    for template in sorted(united, key=lambda text: (-len(text.replace(VARIABLE, "")), text)):
        constant = max(template.split(VARIABLE), key=len)
        new = {text: template for text in left if constant in text and fits(template, text)}
        if new:
            found |= new
            left = [text for text in left if text not in new]
    return found
