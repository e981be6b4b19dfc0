"""Restarts components that have ended, with a growing delay."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from logloop.local.errors import CannotStart

_FIRST_DELAY_S = 0.5
_MAX_DELAY_S = 30.0
_HEALTHY_AFTER_S = 60.0


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


class Supervisor:
    """Restarts components. `report` receives one sentence per event; `clock` returns seconds."""

    def __init__(
        self,
        components: Sequence[Component],
        report: Callable[[Component, str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._components = components
        self._report = report
        self._clock = clock
        self._delay = {component.name: _FIRST_DELAY_S for component in components}
        self._started = {component.name: clock() for component in components}
        self._next_try: dict[str, float] = {}

    def check(self) -> None:
        """Check every component once; call this about twice a second."""
        for component in self._components:
            if component.is_running():
                self._reset_delay(component)
            elif component.name not in self._next_try:
                self._schedule(component, "ended")
            elif self._clock() >= self._next_try[component.name]:
                self._restart(component)

    def _reset_delay(self, component: Component) -> None:
        if self._clock() - self._started[component.name] > _HEALTHY_AFTER_S:
            self._delay[component.name] = _FIRST_DELAY_S

    def _schedule(self, component: Component, what: str) -> None:
        delay = self._delay[component.name]
        self._delay[component.name] = min(_MAX_DELAY_S, delay * 2)
        self._next_try[component.name] = self._clock() + delay
        self._report(component, f"{what}; restarting in {delay:g} s")

    def _restart(self, component: Component) -> None:
        del self._next_try[component.name]
        try:
            component.start()
        except CannotStart as error:
            self._schedule(component, f"could not start: {error}")
        else:
            self._report(component, "restarted")
        self._started[component.name] = self._clock()
