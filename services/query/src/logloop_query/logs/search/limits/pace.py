"""Keep long work in a thread within its time, and let other callers in between its steps."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

NEVER = float("inf")


class OutOfTime(Exception):
    """The work was stopped at its deadline, or because nobody waits for it any more."""


class Turns:
    """At most `most` threads work at once. Callers take turns, so one with much work waits for itself alone."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._lock = threading.Lock()
        self._waiting: OrderedDict[str, deque[threading.Event]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Return when it is this caller's turn."""
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = self._queue(caller)
        mine.wait()

    def give_back(self) -> None:
        """End a turn; the next caller begins."""
        with self._lock:
            if self._waiting:
                self._next().set()
            else:
                self._free += 1

    def pass_on(self, caller: str) -> None:
        """Let whoever waits go first. Costs nothing when nobody does."""
        if not self._waiting:
            return
        with self._lock:
            if not self._waiting:
                return
            mine = self._queue(caller)
            self._next().set()
        mine.wait()

    def _queue(self, caller: str) -> threading.Event:
        mine = threading.Event()
        self._waiting.setdefault(caller, deque()).append(mine)
        return mine

    def _next(self) -> threading.Event:
        caller, queue = self._waiting.popitem(last=False)
        first = queue.popleft()
        if queue:
            self._waiting[caller] = queue
        return first


def _nobody_waits() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Pace:
    """The time that a piece of work has. `between` runs at each step; `sizes` remembers how much fits into one."""

    deadline: float = NEVER
    clock: Callable[[], float] = time.monotonic
    between: Callable[[], None] = _nobody_waits
    sizes: dict[str, int] = field(default_factory=dict)
    stopped: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Let others in, then raise OutOfTime when the time is over. Call it between small steps."""
        self.between()
        if self.stopped.is_set() or self.clock() >= self.deadline:
            raise OutOfTime

    def within(self, seconds: float) -> "Pace":
        """The same work with so many seconds from now."""
        return replace(self, deadline=self.clock() + seconds)
