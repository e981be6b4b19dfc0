"""Replaces secrets and personal data in text with typed placeholders.

Each rule matches a known format; there is no guessing by entropy. The expressions run on RE2, in linear time.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import re2

from logloop_chassis.text.sanitise import sanitise, shorten

RedactionLevel = Literal["off", "standard", "strict"]

_NOT_SECRET = re2.compile(
    "(?i)true|false|null|none|nil|yes|no|empty|missing|invalid|expired|required|unknown|undefined|default|redacted|"
    "hidden|token|password|secret|key|user|name|error|failed"
)
"""Words that a log names as a value without revealing one, as in `token: missing`."""
_MIN_MASKED = 4
"""Characters of a value that is masked wherever it occurs; shorter ones are masked only where a rule finds them."""

_SENSITIVE_NAMES = (
    r"[a-z0-9_.-]{0,40}?(?:password|passwd|passphrase|pwd|secret|api[_-]?key|apikey|access[_-]?key|private[_-]?key|"
    r"auth[_-]?token|access[_-]?token|refresh[_-]?token|id[_-]?token|session[_-]?id|sessionid|csrf[_-]?token|credentials?|"
    r"client[_-]?secret|x-api-key|token|cookie)[a-z0-9_]{0,20}"
)
_SENSITIVE_NAME = re2.compile(f"(?i){_SENSITIVE_NAMES}")
_DIGITS = re2.compile(r"\d+")
_MAX_CARD_DIGITS = 19


@dataclass(frozen=True)
class _Rule:
    """Replaces `parts` of the `group` of each match with placeholders of `kind` if `accept` returns true."""

    kind: str
    pattern: Any
    group: int = 0
    accept: Callable[[str], bool] = lambda _: True
    parts: Callable[[str], Iterator[tuple[int, int]]] = lambda text: iter([(0, len(text))])


def _luhn(text: str) -> bool:
    digits = [int(char) for char in text if char.isdigit()]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _cards(run: str) -> Iterator[tuple[int, int]]:
    """Find card numbers in a run of digits, blanks and dashes: whole groups that together pass the Luhn check."""
    groups = [(match.start(), match.end()) for match in _DIGITS.finditer(run)]
    at = 0
    while at < len(groups):
        start, found = groups[at][0], 0
        for last in range(at, min(len(groups), at + _MAX_CARD_DIGITS)):
            digits = run[start : groups[last][1]]
            if sum(char.isdigit() for char in digits) > _MAX_CARD_DIGITS:
                break
            if digits[0] in "23456" and _luhn(digits):
                found = last + 1
        if found:
            yield start, groups[found - 1][1]
        at = found or at + 1


def _is_not_placeholder(text: str) -> bool:
    return not (text.startswith("<") and text.endswith(">"))


def _rule(kind: str, pattern: str, group: int = 0, accept: Callable[[str], bool] = _is_not_placeholder) -> _Rule:
    return _Rule(kind, re2.compile(pattern), group, accept)


_LITERAL = _rule("LITERAL", r"<(?:[A-Z]{2,12})_\d{1,9}>", accept=lambda _: True)
_STANDARD = (
    _rule("KEY", r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z0-9 ]{0,40}KEY-----|\z)"),
    _rule("TOKEN", r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)?"),
    _rule("KEY", r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    _rule("TOKEN", r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{22,})"),
    _rule("KEY", r"\b(?:sk|rk|pk)[-_](?:ant|proj|live|test|or|svcacct)?[-_]?[A-Za-z0-9][A-Za-z0-9_-]{15,}"),
    _rule(
        "TOKEN",
        r"\b(?:xox[abeoprs]-[A-Za-z0-9-]{10,}|glpat-[A-Za-z0-9_-]{16,}|npm_[A-Za-z0-9]{30,}|hf_[A-Za-z0-9]{30,})",
    ),
    _rule("TOKEN", r"\b(?:dop_v1_[a-f0-9]{40,}|pypi-[A-Za-z0-9_-]{30,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,})"),
    _rule("KEY", r"\bAIza[0-9A-Za-z_-]{35}"),
    _rule("TOKEN", r"\bll[ks]_[A-Za-z0-9_.-]{16,}"),
    _rule("TOKEN", r"https?://hooks\.slack\.com/services/([A-Za-z0-9/_-]{10,})", 1),
    _rule("PASSWORD", r"[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s/:@\"'<>]*:([^\s/@\"'<>]+)@", 1),
    _rule("TOKEN", r"(?i)\b(?:bearer|basic|digest|negotiate)[ =:]+([A-Za-z0-9._~+/=-]{8,})", 1),
    _rule("SECRET", rf"(?i)\b{_SENSITIVE_NAMES}\\?[\"']?\s{{0,3}}(?:=|:|=>|is)\s{{0,3}}\\?\"([^\"]+?)\\?\"", 1),
    _rule("SECRET", rf"(?i)\b{_SENSITIVE_NAMES}\\?[\"']?\s{{0,3}}(?:=|:|=>)\s{{0,3}}\\?'([^']+?)\\?'", 1),
    _rule(
        "SECRET",
        rf"(?i)\b{_SENSITIVE_NAMES}\\?[\"']?\s{{0,3}}(?:=|:|=>)\s{{0,3}}([^\s\"',;&<>(){{}}\[\]]{{3,}})",
        1,
    ),
    _rule("EMAIL", r"\b[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z]{2,24}\b"),
    _Rule("CARD", re2.compile(r"\b\d(?:[ -]?\d){12,}\b"), parts=_cards),
)
_STRICT = (
    _rule("IP", r"\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b"),
    _rule("IP", r"(?i)\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}\b|\b(?:[0-9a-f]{1,4}:){1,6}:[0-9a-f]{1,4}\b"),
    _rule("USER", r"(?:/home/|/Users/|\\Users\\)([A-Za-z0-9._-]{1,64})", 1),
    _rule("PHONE", r"\+\d{1,3}[ -]?(?:\(\d{1,4}\)[ -]?)?\d{2,4}(?:[ -]?\d{2,4}){1,4}\b"),
)
_RULES: Mapping[RedactionLevel, tuple[_Rule, ...]] = {
    "off": (),
    "standard": _STANDARD,
    "strict": (*_STANDARD, *_STRICT),
}


class Redactor:
    """Replaces values within one request. The same value always gets the same placeholder, which can be undone."""

    def __init__(self, level: RedactionLevel = "standard") -> None:
        self._rules = _RULES[level]
        self._active = level != "off"
        self._placeholders: dict[tuple[str, str], str] = {}
        self._values: dict[str, tuple[str, str]] = {}
        self._counts: dict[str, int] = {}

    @property
    def count(self) -> int:
        """Number of distinct values replaced so far."""
        return len(self._values)

    @property
    def counts(self) -> dict[str, int]:
        """Number of distinct values replaced so far, by kind."""
        return {kind: count for kind, count in sorted(self._counts.items()) if kind != "LITERAL"}

    def redact(self, text: str) -> str:
        """Return the text with placeholders such as `<EMAIL_1>` in place of secrets and personal data."""
        if not self._active:
            return text
        for rule in (_LITERAL, *self._rules):
            text = self._apply(rule, text)
        return text

    def redact_value(self, name: str, text: str) -> str:
        """Return the value of a named field redacted. All of it is replaced when the name is one of a secret."""
        if self._active and text and _SENSITIVE_NAME.fullmatch(name) and not _NOT_SECRET.fullmatch(text):
            return text if text in self._values else self._placeholder("SECRET", text)
        return self.redact(text)

    def _apply(self, rule: _Rule, text: str) -> str:
        pieces: list[str] = []
        end = 0
        for match in rule.pattern.finditer(text):
            value, start = match.group(rule.group), match.start(rule.group)
            if not value or value in self._values or start < end or not rule.accept(value):
                continue
            for first, last in rule.parts(value):
                pieces += [text[end : start + first], self._placeholder(rule.kind, value[first:last])]
                end = start + last
        return "".join([*pieces, text[end:]]) if pieces else text

    def _placeholder(self, kind: str, value: str) -> str:
        found = self._placeholders.get((kind, value))
        if found is None:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            found = f"<{kind}_{self._counts[kind]}>"
            self._placeholders[kind, value] = found
            self._values[found] = (kind, value)
        return found

    def mask(self, text: str) -> str:
        """Return the text with placeholders for all values that were redacted anywhere before."""
        for (kind, value), placeholder in sorted(self._placeholders.items(), key=lambda item: -len(item[0][1])):
            if kind == "LITERAL" or value not in text:
                continue
            if len(value) >= _MIN_MASKED and not _NOT_SECRET.fullmatch(value):
                text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])", placeholder, text)
        return text

    def restore(self, text: str) -> str:
        """Return the text with words back that looked like placeholders before; what was redacted stays hidden."""
        for placeholder, (kind, value) in self._values.items():
            if kind == "LITERAL" and placeholder in text:
                text = text.replace(placeholder, value)
        return text


def safe_text(text: str, redactor: Redactor, limit: int) -> str:
    """Return the text sanitised, redacted and at most `limit` characters long.

    Shortening comes last, so that a cut never leaves half a secret.
    """
    return shorten(redactor.mask(redactor.redact(sanitise(text))), limit)
