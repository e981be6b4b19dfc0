"""Keeps parts running: starts one again after it ended, waiting longer each time.

It must not decide when the platform stops.
"""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from logloop.local.errors import CannotStart

_FIRST_DELAY_S = 0.5
_MAX_DELAY_S = 30.0
_HEALTHY_AFTER_S = 60.0


class Part(Protocol):
    """A part of the platform."""

    @property
    def name(self) -> str:
        """For people."""
        ...

    def start(self) -> None:
        """Start it; CannotStart when it cannot."""
        ...

    def is_running(self) -> bool:
        """Whether it runs."""
        ...


class Supervisor:
    """Looks at the parts and starts what ended. `tell` gets one sentence an event; times come from `clock` in s."""

    def __init__(
        self,
        parts: Sequence[Part],
        tell: Callable[[Part, str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parts = parts
        self._tell = tell
        self._clock = clock
        self._delay = {part.name: _FIRST_DELAY_S for part in parts}
        self._started = {part.name: clock() for part in parts}
        self._next_try: dict[str, float] = {}

    def look(self) -> None:
        """Look once at every part; call it about twice a second."""
        for part in self._parts:
            if part.is_running():
                self._forgive(part)
            elif part.name not in self._next_try:
                self._plan(part, "ended")
            elif self._clock() >= self._next_try[part.name]:
                self._restart(part)

    def _forgive(self, part: Part) -> None:
        if self._clock() - self._started[part.name] > _HEALTHY_AFTER_S:
            self._delay[part.name] = _FIRST_DELAY_S

    def _plan(self, part: Part, what: str) -> None:
        delay = self._delay[part.name]
        self._delay[part.name] = min(_MAX_DELAY_S, delay * 2)
        self._next_try[part.name] = self._clock() + delay
        self._tell(part, f"{what}; starting it again in {delay:g} s")

    def _restart(self, part: Part) -> None:
        del self._next_try[part.name]
        try:
            part.start()
        except CannotStart as error:
            self._plan(part, f"does not start: {error}")
        else:
            self._tell(part, "started again")
        self._started[part.name] = self._clock()
