"""The signature of a failure: failures of different tests with one signature have one cause."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from logloop_analyzer.comparison.attempts import AttemptLine
from logloop_analyzer.comparison.difference import Deviation
from logloop_analyzer.comparison.history import Attempt

_MAX_QUOTE = 120


@dataclass(frozen=True, slots=True)
class Signature:
    """What a failure is recognised by. `title` says it in a sentence."""

    id: str
    title: str


def signature_of(subject: Attempt, first: Deviation | None) -> Signature:
    """Return the signature of a failed test: its first broken step, or how it failed if no step is broken.

    The step says more than the exception: what fails because of it depends on the test.
    """
    if first is None or first.kind == "order":
        pattern = subject.failure_pattern or ""
        return _signature([pattern], pattern or "The failure gives no reason.")
    parts = [first.kind, first.service_id, *(_template(line) for line in (first.after, first.expected))]
    if first.kind == "new":
        parts[-1] = _template(first.instead)
    return _signature(parts, sentence(first))


def _signature(parts: Sequence[str], title: str) -> Signature:
    return Signature(hashlib.blake2b("\0".join(parts).encode(), digest_size=8).hexdigest(), title)


def _template(line: AttemptLine | None) -> str:
    return line.template if line is not None else ""


def sentence(step: Deviation) -> str:
    """Return a deviation as a sentence."""
    service, expected, instead = step.service_id, step.expected, step.instead
    if step.kind == "value":
        return f"{service}: the green runs log {_message(expected)}, this run {_message(instead)}."
    if step.after is None:
        usual = f"the green runs begin with {_quote(expected)}" if expected else "the green runs log nothing"
        return f"{service}: {usual}; this run {'begins with ' + _quote(instead) if instead else 'logs nothing'}."
    usual = f"the green runs continue with {_quote(expected)}" if expected else "the green runs log nothing more"
    now = f"this run with {_quote(instead)}" if instead else "this run logs nothing more"
    return f"{service}: after {_quote(step.after)}, {usual}; {now}."


def _quote(line: AttemptLine | None) -> str:
    return _quoted(line.template if line else "")


def _message(line: AttemptLine | None) -> str:
    return _quoted(line.log.message if line else "")


def _quoted(text: str) -> str:
    first, *rest = text.strip().split("\n", 1)
    return f"'{first[:_MAX_QUOTE]} …'" if rest or len(first) > _MAX_QUOTE else f"'{first}'"
