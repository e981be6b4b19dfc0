"""What the programs of the clients share: their arguments, and the messages that they send."""

import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

_OVERSIZE = 400_000
_TWO_YEARS_S = 2 * 365 * 86400


class Arguments(NamedTuple):
    """URL and key of the platform, the name of the run, the number of messages, and what is special about one."""

    url: str
    key: str
    run: str
    messages: int
    special: str


class Message(NamedTuple):
    """A text, and its time in seconds since 1970."""

    text: str
    time: float


def arguments() -> Arguments:
    """Return the arguments of this program."""
    url, key, run, count, special = sys.argv[1:6]
    return Arguments(url, key, run, int(count), special)


def messages(given: Arguments) -> Iterator[Message]:
    """Yield the numbered messages of a run. The first is too long, or from the future, if that is asked for."""
    for number in range(given.messages):
        text, now = f"{given.run} number {number}", time.time()
        if number == 0 and given.special == "oversize":
            text += " x" * (_OVERSIZE // 2)
        if number == 0 and given.special == "bad entry":
            now += _TWO_YEARS_S
        yield Message(text, now)
