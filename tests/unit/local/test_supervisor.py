"""A part that ends is started again, later each time, until it has run well for a minute."""

from logloop.local.errors import CannotStart
from logloop.local.supervisor import Component, Supervisor


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class FakePart:
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


def supervised(part: FakePart) -> tuple[Supervisor, Clock, list[str]]:
    clock, told = Clock(), list[str]()

    def tell(part: Component, what: str) -> None:
        told.append(f"{part.name} {what}")

    return Supervisor([part], tell, clock), clock, told


def crash_times(supervisor: Supervisor, clock: Clock, part: FakePart, crashes: int) -> list[float]:
    """Seconds each restart took when the part ends at once every time."""
    waits = []
    for _ in range(crashes):
        part.running = False
        ended = clock.now
        while not part.running:
            supervisor.check()
            clock.now += 0.5
        waits.append(clock.now - 0.5 - ended)
    return waits


def test_a_running_part_is_left_alone() -> None:
    part = FakePart()
    supervisor, _, told = supervised(part)
    supervisor.check()
    assert part.starts == 0
    assert told == []


def test_an_ended_part_is_started_again_and_the_user_hears_of_it() -> None:
    part = FakePart()
    supervisor, clock, told = supervised(part)
    assert crash_times(supervisor, clock, part, 1) == [0.5]
    assert told == ["query ended; restarting in 0.5 s", "query restarted"]


def test_each_restart_waits_twice_as_long_up_to_half_a_minute() -> None:
    part = FakePart()
    supervisor, clock, _ = supervised(part)
    assert crash_times(supervisor, clock, part, 8) == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_a_minute_of_running_makes_the_next_restart_quick_again() -> None:
    part = FakePart()
    supervisor, clock, _ = supervised(part)
    crash_times(supervisor, clock, part, 5)
    clock.now += 61
    supervisor.check()
    assert crash_times(supervisor, clock, part, 1) == [0.5]


def test_a_part_that_does_not_start_is_tried_again() -> None:
    part = FakePart(can_start=False)
    supervisor, clock, told = supervised(part)
    part.running = False
    for _ in range(10):
        supervisor.check()
        clock.now += 0.5
    assert part.starts >= 2
    assert "query could not start: port taken; restarting in 1 s" in told
