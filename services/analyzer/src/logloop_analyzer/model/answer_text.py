"""Parses the JSON object in a model's answer, and its summary while it streams in."""

import json
import re
from typing import Any

_FENCE = re.compile(r"```[a-zA-Z]{0,10}\s*\n?")
_TRAILING_COMMA = re.compile(r",\s*([}\]])")
_SUMMARY = re.compile(r'"summary"\s*:\s*"')
_MAX_STARTS = 20


def parse_object(text: str) -> dict[str, Any]:
    """Return the first JSON object in a text, without code fences and trailing commas. Raises ValueError."""
    plain = _FENCE.sub("", text)
    problem = "it holds no JSON object"
    start = plain.find("{")
    for _ in range(_MAX_STARTS):
        if start < 0:
            break
        for candidate in (plain[start:], _TRAILING_COMMA.sub(r"\1", plain[start:])):
            try:
                value, _end = json.JSONDecoder(strict=False).raw_decode(candidate)
            except (json.JSONDecodeError, RecursionError) as error:
                problem = str(error)
                continue
            if isinstance(value, dict):
                return value
        start = plain.find("{", start + 1)
    raise ValueError(problem)


class SummaryStream:
    """Extracts the value of `summary` from JSON that arrives in pieces."""

    def __init__(self) -> None:
        self._text = ""
        self._at = -1
        self._done = False

    def feed(self, piece: str) -> str:
        """Add the next piece and return what it adds to the summary."""
        if self._done:
            return ""
        self._text += piece
        if self._at < 0:
            found = _SUMMARY.search(self._text)
            if found is None:
                return ""
            self._at = found.end()
        return self._read()

    def _read(self) -> str:
        start = at = self._at
        while at < len(self._text):
            char = self._text[at]
            if char == '"':
                self._done = True
                break
            if char == "\\":
                length = 6 if self._text[at + 1 : at + 2] == "u" else 2
                if at + length > len(self._text):
                    break
                at += length
            else:
                at += 1
        self._at = at
        return _unescape(self._text[start:at])


def _unescape(text: str) -> str:
    try:
        value: str = json.loads(f'"{text}"', strict=False)
    except json.JSONDecodeError:
        return text
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
