"""Reads an answer out of what a model wrote: the JSON object in a text, and its summary while it is being written.

It must not judge the content; `verify` does.
"""

import json
import re
from typing import Any

_FENCE = re.compile(r"```[a-zA-Z]{0,10}\s*\n?")
_TRAILING_COMMA = re.compile(r",\s*([}\]])")
_SUMMARY = re.compile(r'"summary"\s*:\s*"')
_MAX_STARTS = 20


def parse_object(text: str) -> dict[str, Any]:
    """The first JSON object in a text, with small faults mended. Raises ValueError that says what is wrong."""
    plain = _FENCE.sub("", text)
    problem = "there is no JSON object in it"
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
    """Picks the value of `summary` out of JSON that arrives in pieces."""

    def __init__(self) -> None:
        self._text = ""
        self._at = -1
        self._done = False

    def feed(self, piece: str) -> str:
        """Take the next piece; returns what it adds to the summary."""
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
        return _unescaped(self._text[start:at])


def _unescaped(text: str) -> str:
    try:
        value: str = json.loads(f'"{text}"', strict=False)
    except json.JSONDecodeError:
        return text
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
