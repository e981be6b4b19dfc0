"""Restarts components that have ended. Each one restarts in a thread of its own, after a delay of its own."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from logloop.local.errors import CannotStart

_FIRST_DELAY_S = 0.5
_MAX_DELAY_S = 4.0
"""Short, so that a component that ends again and again is still ready within 10 s."""
_HEALTHY_AFTER_S = 10.0


class Component(Protocol):
    """A process of the platform that can be restarted."""

    @property
    def name(self) -> str:
        """The name to display."""
        ...

    def start(self) -> None:
        """Start it. Raises CannotStart."""
        ...

    def is_running(self) -> bool:
        """Return whether it runs."""
        ...


Report = Callable[[Component, str], None]
StartThread = Callable[[Callable[[], None]], None]


def start_thread(work: Callable[[], None]) -> None:
    """Call `work` in a thread that does not keep the program running."""
    threading.Thread(target=work, name="logloop-restart", daemon=True).start()


@dataclass
class _Watched:
    """A component, when it was started last, and its next restart. `restarting`: a thread is starting it."""

    component: Component
    started: float
    delay: float = _FIRST_DELAY_S
    next_try: float | None = None
    restarting: bool = False


class Supervisor:
    """Restarts components. `report` receives one sentence per event; `clock` returns seconds."""

    def __init__(
        self,
        components: Sequence[Component],
        report: Report,
        clock: Callable[[], float] = time.monotonic,
        in_thread: StartThread = start_thread,
    ) -> None:
        self._watched = [_Watched(component, clock()) for component in components]
        self._report = report
        self._clock = clock
        self._in_thread = in_thread
        self._stopped = threading.Event()
        self._idle = threading.Condition()

    def check(self) -> None:
        """Check every component once, without waiting for any; call this several times a second."""
        for watched in self._watched:
            if watched.restarting or self._stopped.is_set():
                continue
            if watched.next_try is not None:
                if self._clock() >= watched.next_try:
                    self._restart(watched)
            elif not watched.component.is_running():
                self._schedule(watched, "ended")

    def stop(self, timeout_s: float) -> None:
        """Begin no more restarts, and wait until the running ones have ended."""
        self._stopped.set()
        with self._idle:
            self._idle.wait_for(lambda: not any(item.restarting for item in self._watched), timeout_s)

    def _schedule(self, watched: _Watched, what: str) -> None:
        now = self._clock()
        if now - watched.started > _HEALTHY_AFTER_S:
            watched.delay = _FIRST_DELAY_S
        watched.next_try = now + watched.delay
        self._report(watched.component, f"{what}; restarting in {watched.delay:g} s")
        watched.delay = min(_MAX_DELAY_S, watched.delay * 2)

    def _restart(self, watched: _Watched) -> None:
        watched.next_try = None
        watched.restarting = True
        self._in_thread(lambda: self._start(watched))

    def _start(self, watched: _Watched) -> None:
        try:
            if not self._stopped.is_set():
                watched.component.start()
        except CannotStart as error:
            watched.started = self._clock()
            self._schedule(watched, f"could not start: {error}")
        else:
            watched.started = self._clock()
            self._report(watched.component, "restarted")
        finally:
            with self._idle:
                watched.restarting = False
                self._idle.notify_all()
