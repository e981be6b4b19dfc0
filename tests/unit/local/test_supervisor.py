"""A component that ends is restarted on its own, after delays that stay short and reset after a time of running."""

import threading
from collections.abc import Callable

from logloop.local.errors import CannotStart
from logloop.local.supervisor import Component, Supervisor


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class FakeComponent:
    name = "query"

    def __init__(self, *, can_start: bool = True) -> None:
        self.running = True
        self.can_start = can_start
        self.starts = 0

    def start(self) -> None:
        self.starts += 1
        if not self.can_start:
            raise CannotStart("port taken")
        self.running = True

    def is_running(self) -> bool:
        return self.running


def supervised(component: FakeComponent) -> tuple[Supervisor, Clock, list[str]]:
    clock, reported = Clock(), list[str]()

    def report(component: Component, what: str) -> None:
        reported.append(f"{component.name} {what}")

    return Supervisor([component], report, clock, in_thread=_now), clock, reported


def _now(work: Callable[[], None]) -> None:
    work()


def restart_delays(supervisor: Supervisor, clock: Clock, component: FakeComponent, crashes: int) -> list[float]:
    """Return the delay of each restart in seconds when the component ends at once every time."""
    waits = []
    for _ in range(crashes):
        component.running = False
        ended = clock.now
        while not component.running:
            supervisor.check()
            clock.now += 0.5
        waits.append(clock.now - 0.5 - ended)
    return waits


def test_a_running_component_is_left_alone() -> None:
    component = FakeComponent()
    supervisor, _, reported = supervised(component)
    supervisor.check()
    assert component.starts == 0
    assert reported == []


def test_an_ended_component_is_restarted_and_reported() -> None:
    component = FakeComponent()
    supervisor, clock, reported = supervised(component)
    assert restart_delays(supervisor, clock, component, 1) == [0.5]
    assert reported == ["query ended; restarting in 0.5 s", "query restarted"]


def test_the_restart_delay_doubles_up_to_four_seconds() -> None:
    component = FakeComponent()
    supervisor, clock, _ = supervised(component)
    assert restart_delays(supervisor, clock, component, 8) == [0.5, 1, 2, 4, 4, 4, 4, 4]


def test_ten_seconds_of_running_reset_the_restart_delay() -> None:
    component = FakeComponent()
    supervisor, clock, _ = supervised(component)
    restart_delays(supervisor, clock, component, 5)
    clock.now += 11
    assert restart_delays(supervisor, clock, component, 1) == [0.5]


def test_a_component_that_fails_to_start_is_retried() -> None:
    component = FakeComponent(can_start=False)
    supervisor, clock, reported = supervised(component)
    component.running = False
    for _ in range(10):
        supervisor.check()
        clock.now += 0.5
    assert component.starts >= 2
    assert "query could not start: port taken; restarting in 1 s" in reported


class Blocked(FakeComponent):
    """A component whose start takes until `gate` is set."""

    name = "MongoDB"

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()

    def start(self) -> None:
        self.gate.wait(10)
        super().start()


def test_a_slow_restart_delays_no_other_component() -> None:
    slow, other, clock = Blocked(), FakeComponent(), Clock()
    supervisor = Supervisor([slow, other], lambda *_: None, clock)
    slow.running = other.running = False
    supervisor.check()
    clock.now = 1.0
    supervisor.check()
    assert wait_until(lambda: other.running)
    assert not slow.running
    other.running = False  # it ends once more while the slow one still starts
    supervisor.check()
    clock.now = 3.0
    supervisor.check()
    assert wait_until(lambda: other.running)
    slow.gate.set()
    supervisor.stop(10)
    assert (slow.starts, other.starts) == (1, 2)


def test_after_a_stop_nothing_is_started() -> None:
    component, clock = FakeComponent(), Clock()
    supervisor = Supervisor([component], lambda *_: None, clock)
    component.running = False
    supervisor.check()
    clock.now = 1.0
    supervisor.stop(10)
    supervisor.check()
    supervisor.stop(10)
    assert component.starts == 0


def wait_until(condition: Callable[[], bool]) -> bool:
    done = threading.Event()
    for _ in range(500):
        if condition():
            return True
        done.wait(0.01)
    return False
