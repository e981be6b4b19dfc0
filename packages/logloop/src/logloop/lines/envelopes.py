"""Unwraps lines that another program has wrapped: container runtimes, Compose, Heroku, CI runners, file names.

The text inside is read by the format table as if it stood alone. Lines of one `stream` belong together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from logloop.lines.parsed import Context, merged
from logloop.lines.structured.json_lines import load_object
from logloop.lines.times.timestamps import Stamp, find_time, read_time


@dataclass(slots=True)
class Envelope:
    """The text inside a wrapped line, and what the wrapper says about it."""

    kind: str
    text: str
    stream: str
    stamp: Stamp | None = None
    source: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    is_partial: bool = False
    """Whether the runtime split the line here, so that the next text of the stream continues it."""


_CRI = re.compile(r" (stdout|stderr) ([FP])(?::\w+)*(?: (.*))?\Z", re.DOTALL)
_HEROKU = re.compile(r" (app|heroku)\[([\w.-]+)\]: ?(.*)\Z", re.DOTALL)
_RUNNER_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(?:\d{7}|\d{9})Z(?= |\Z)", re.ASCII)
_GITLAB = re.compile(r"(\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}Z) (\w\w)([OE])([ +])?(.*)\Z", re.DOTALL)
_GH_VIEW = re.compile(r"([^\t]+)\t([^\t]+)\t\ufeff?(?=\d{4}-\d\d-\d\dT)")
_COMPOSE = re.compile(r"([A-Za-z0-9][\w.-]*[-_]\d{1,4}) +\| ?(.*)\Z", re.DOTALL)
_COMPOSE_NAMED = re.compile(r"([A-Za-z0-9][\w.-]*) +\| ?(.*)\Z", re.DOTALL)
_KUBECTL = re.compile(r"\[(pod/[\w./-]+)\] (.*)\Z", re.DOTALL)
_FILE_NAME = re.compile(
    r"(?!\d{4}-)([\w./@+-]*\.(?:log|out|err|txt)[\w.:+-]*?)(?::(\d+))?[: ] ?(?=\[?\d{2,4}[-/]\d\d[-/])", re.ASCII
)
_SECTION = re.compile(r"section_(?:start|end):\d+:[\w.-]+(?:\[[^\]]*\])?\r?")
_DOCKER_LINE = re.compile(
    r'\{"log":"([^"\\\x00-\x1f]*+)(\\n)?","stream":"(stdout|stderr)","time":"([^"\\\x00-\x1f]+)"\}\Z'
)
"""The usual line of Docker, which is read without a JSON parser: nothing in its text is escaped but the line feed."""
_DOCKER_KEYS = frozenset({"log", "stream", "time", "attrs", "logtag", "_p", "docker", "kubernetes", "date"})


def _docker(text: str, context: Context) -> Envelope | None:
    if usual := _DOCKER_LINE.match(text):
        log, line_feed, stream, time = usual.groups()
        if stamp := read_time(time, context):
            return Envelope("docker", log, stream, stamp, stream, is_partial=line_feed is None)
    if '"log":' not in text or '"stream":' not in text:
        return None
    fields = load_object(text)
    if fields is None or not fields.keys() <= _DOCKER_KEYS:
        return None
    log, stream = fields.pop("log", None), fields.pop("stream", None)
    if not isinstance(log, str) or not isinstance(stream, str):
        return None
    tag = fields.pop("logtag", fields.pop("_p", None))
    time = fields.get("time", fields.get("date"))
    stamp = read_time(time, context) if isinstance(time, str) else None
    if stamp:
        fields.pop("time", None)
    is_partial = tag == "P" if tag is not None else log[-1:] != "\n"
    return Envelope("docker", log.removesuffix("\n").removesuffix("\r"), stream, stamp, stream, fields, is_partial)


def _after_time(text: str, context: Context) -> Envelope | None:
    if match := _RUNNER_TIME.match(text):
        end = match.end()
        if text.startswith((" stdout ", " stderr "), end):
            return _cri(text, context)
        stamp = find_time(text, context)
        return Envelope("runner", text[end + 1 :], "runner", stamp) if stamp else None
    if " stdout " in text[:60] or " stderr " in text[:60]:
        return _cri(text, context)
    if " app[" in text[:50] or " heroku[" in text[:50]:
        stamp = find_time(text, context)
        match = _HEROKU.match(text, stamp.end) if stamp else None
        if stamp and match:
            attributes = {"heroku.source": match[1], "heroku.dyno": match[2]}
            return Envelope("heroku", match[3], f"{match[1]}[{match[2]}]", stamp, attributes=attributes)
    if text[26:27] == "Z" and (match := _GITLAB.match(text)):
        source = "stderr" if match[3] == "E" else "stdout"
        inner = _SECTION.sub("", match[5])
        return Envelope("gitlab", inner, f"{match[2]}{match[3]}", find_time(match[1], context), source)
    return None


def _cri(text: str, context: Context) -> Envelope | None:
    stamp = find_time(text, context)
    match = _CRI.match(text, stamp.end) if stamp else None
    if match is None:
        return None
    return Envelope("cri", match[3] or "", match[1], stamp, match[1], is_partial=match[2] == "P")


def _prefixed(text: str, context: Context) -> Envelope | None:
    form = _COMPOSE_NAMED if context.has_prefixes else _COMPOSE
    head = text[:120]
    if "|" in head and head.find("|") < 80 and (match := form.match(text)):
        return Envelope("compose", match[2], match[1], attributes={"container.name": match[1]})
    if head.startswith("[pod/") and (match := _KUBECTL.match(text)):
        return Envelope("kubectl", match[2], match[1], attributes={"k8s.pod": match[1]})
    if "\t" in text and (match := _GH_VIEW.match(text)):
        attributes = {"ci.job": match[1], "ci.step": match[2]}
        return Envelope("gh", text[match.end() :], f"{match[1]}/{match[2]}", attributes=attributes)
    if "." in head and (match := _FILE_NAME.match(text)):
        return Envelope("file", text[match.end() :], match[1], attributes={"log.file.name": match[1]})
    return None


def have_prefixes(lines: Sequence[str]) -> bool:
    """Return whether nearly all lines have a prefix of Docker Compose, and some a name without a number."""
    fitting = [match[1] for line in lines if (match := _COMPOSE_NAMED.match(line))]
    return len(fitting) > 2 and len(fitting) >= 0.9 * len(lines) and len(set(fitting)) <= 50


def unwrap(text: str, context: Context) -> Envelope | None:
    """Return the innermost text of a wrapped line with what all wrappers say; None for other lines."""
    outer: Envelope | None = None
    for _ in range(3):
        inner = _unwrap_once(outer.text if outer else text, context)
        if inner is None:
            break
        if outer is not None:
            inner.kind = f"{outer.kind}+{inner.kind}"
            inner.stream = f"{outer.stream}/{inner.stream}"
            inner.attributes = merged(inner.attributes, outer.attributes)
            inner.source = inner.source or outer.source
            inner.stamp = inner.stamp or outer.stamp
            inner.is_partial = inner.is_partial or outer.is_partial
        outer = inner
    return outer


def _unwrap_once(text: str, context: Context) -> Envelope | None:
    first = text[:1]
    if first == "{":
        return _docker(text, context)
    found = _after_time(text, context) if first.isdigit() and text[4:5] == "-" else None
    return found or _prefixed(text, context)
