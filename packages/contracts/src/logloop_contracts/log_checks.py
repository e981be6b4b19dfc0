"""Checks on the logs of a test: a line that must never appear, and a step that must.

The analyzer proposes them, and the pytest plugin runs them. Lines are compared with templates, so values may vary.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from logloop_contracts.patterns import edits

_BLANKS = re.compile(r"[ \t]{2,}")


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """What a check sees of a line."""

    service_id: str
    severity: str
    message: str


@dataclass(frozen=True, slots=True)
class Never:
    """No line of a service with this severity fits a template."""

    service_id: str
    severity: str
    template: str

    def violation(self, lines: Sequence[CheckedLine]) -> str | None:
        """Return what is wrong with the lines of a test, in time order, or None."""
        number = sum(
            line.service_id == self.service_id
            and line.severity == self.severity
            and fits(self.template, line.message)
            for line in lines
        )
        times = "once" if number == 1 else f"{number} times"
        return f"{self.service_id} logged '{self.template}' ({self.severity}) {times}" if number else None


@dataclass(frozen=True, slots=True)
class Follows:
    """In a service, a line that fits `then` comes right after one that fits `after`, at least once.

    `after` is None for the first line of the service. A line that is repeated counts once.
    """

    service_id: str
    after: str | None
    then: str

    def violation(self, lines: Sequence[CheckedLine]) -> str | None:
        """Return what is wrong with the lines of a test, in time order, or None."""
        own = [line.message for line in lines if line.service_id == self.service_id]
        if self.after is None:
            if own and fits(self.then, own[0]):
                return None
            return f"{self.service_id} did not begin with '{self.then}'; {_began(own)}"
        after = self.after
        followers = [b for a, b in pairwise(own) if fits(after, a) and not fits(after, b)]
        if any(fits(self.then, follower) for follower in followers):
            return None
        if not any(fits(after, message) for message in own):
            return f"{self.service_id} did not log '{after}', which '{self.then}' must follow"
        instead = f"'{followers[0]}'" if followers else "nothing"
        return f"{self.service_id} did not log '{self.then}' after '{after}', but {instead}"


Check = Never | Follows


def _began(messages: Sequence[str]) -> str:
    return f"its first line is '{messages[0]}'" if messages else "it logged nothing"


def violations(checks: Sequence[Check], lines: Sequence[CheckedLine]) -> list[str]:
    """Return what the lines of a test, in time order, do not keep of the checks."""
    return [text for check in checks if (text := check.violation(lines)) is not None]


def fits(template: str, message: str) -> bool:
    """Return whether a message is one of a template: equal, with at least one character for each `<*>`."""
    return edits.fits(template, _BLANKS.sub(" ", message))
