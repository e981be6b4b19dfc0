"""Makes entries of the streams of Loki, whichever encoding they came in. Labels and metadata become attributes."""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from logloop_chassis.http.problems import BadRequest

from logloop_ingest.limits import Limits
from logloop_ingest.parsing.entry_columns import EntryColumns
from logloop_ingest.protocols.translation.memory import Memory
from logloop_ingest.protocols.translation.severities import severity, severity_in
from logloop_ingest.protocols.translation.values import UNKNOWN_SERVICE, cut, first_text, service_id

_SERVICE = ("service_name", "service", "app", "application", "job", "container", "container_name")
_LEVEL = ("level", "severity", "detected_level", "lvl")
_SOURCE = ("source", "filename", "stream")
_LEVELS = frozenset(_LEVEL)
_LABEL = re.compile(r'\s*([a-zA-Z_:][\w:.]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|$)')
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


Decode = Callable[[list[bytes]], Sequence[dict[str, Any] | None]]
"""Returns the metadata of entries."""


class Shared(NamedTuple):
    """What entries of a stream with the same metadata have in common. The attributes are never changed."""

    severity: str | None
    attributes: dict[str, Any]


class Origin(dict[bytes, Shared]):
    """What the labels of a stream say about its entries, and what they share by their metadata as it was sent."""

    def __init__(self, labels: dict[str, str]) -> None:
        super().__init__()
        name = first_text(labels, _SERVICE)
        word = first_text(labels, _LEVEL)
        rest: dict[str, Any] = dict(labels)
        self.service_id = UNKNOWN_SERVICE if name is None else service_id(name)
        self.severity = None if word is None else severity(word)
        self.test_id, self.func_id, self.source = (
            _taken(rest, names) for names in (("test_id",), ("func_id",), _SOURCE)
        )
        self.attributes = rest

    def shared(self, metadata: dict[str, Any] | None) -> Shared:
        """Return what entries with this structured metadata share."""
        if not metadata:
            return Shared(self.severity, self.attributes)
        level = None if _LEVELS.isdisjoint(metadata) else severity(first_text(metadata, _LEVEL) or "")
        return Shared(level or self.severity, {**self.attributes, **metadata})

    def shared_by(self, encoded: Sequence[bytes], decode: Decode) -> list[Shared]:
        """Return what entries share, by their metadata as it was sent. Raises what `decode` raises."""
        new = list(set(encoded) - self.keys())
        found = dict(zip(new, map(self.shared, decode(new)), strict=True)) if new else {}
        self.update((text, shared) for text, shared in found.items() if _ORIGINS.admits(text))
        return [found[text] if text in found else self[text] for text in encoded]

    def columns(
        self, micros: Sequence[int], lines: Sequence[str], shared: Sequence[Shared], limits: Limits
    ) -> EntryColumns:
        """Return the entries of the stream: their times, lines, and what they share with others."""
        count = len(lines)
        levels = [item.severity or severity_in(line) for item, line in zip(shared, lines, strict=True)]
        attributes = [item.attributes for item in shared]
        if max(map(len, lines), default=0) * 4 > limits.message_bytes:
            both = [cut(*item, limits.message_bytes) for item in zip(lines, attributes, strict=True)]
            lines, attributes = [line for line, _ in both], [values for _, values in both]
        return EntryColumns(
            [self.service_id] * count,
            lines,
            levels,
            micros,
            [self.test_id] * count,
            [self.func_id] * count,
            [self.source] * count,
            attributes,
        )


_ORIGINS: Memory[Origin] = Memory()


def origin_of(labels: bytes | str, decode: Callable[[Any], dict[str, str]]) -> Origin:
    """Return what the labels of a stream say, as they were sent. Raises what `decode` raises."""
    return _ORIGINS.owner(labels, len(labels), lambda: Origin(decode(labels)))


def _taken(labels: dict[str, Any], names: tuple[str, ...]) -> str | None:
    """Remove and return the first of these labels that has a value."""
    return next((str(labels.pop(name)) for name in names if labels.get(name)), None)


def labels_of(text: str) -> dict[str, str]:
    """Return the labels of a selector such as `{app="shop", env="test"}`. Raises BadRequest."""
    inner = text.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        raise BadRequest(f'labels must look like {{app="shop"}}, not {text[:80]!r}')
    inner, labels, position = inner[1:-1].strip(), {}, 0
    while position < len(inner):
        found = _LABEL.match(inner, position)
        if found is None:
            raise BadRequest(f"labels cannot be read at {inner[position : position + 40]!r}")
        labels[found[1]] = _ESCAPE.sub(lambda escape: _ESCAPES.get(escape[1], escape[1]), found[2])
        position = found.end()
    return labels
