"""Keeps long work in threads within its time limit, and lets other callers run between its steps."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

NEVER = float("inf")


class OutOfTime(Exception):
    """The work was stopped at its deadline, or because its search has ended."""


class Turns:
    """Lets `most` threads work at once. Callers take turns, so a caller with much work delays only itself."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._lock = threading.Lock()
        self._waiting: OrderedDict[str, deque[threading.Event]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Wait for a turn of this caller."""
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = self._queue(caller)
        mine.wait()

    def give_back(self) -> None:
        """End a turn and start the next caller's."""
        with self._lock:
            if self._waiting:
                self._next().set()
            else:
                self._free += 1

    def pass_on(self, caller: str) -> None:
        """Let a waiting caller go first. Costs nothing if none is waiting."""
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


def _no_turns() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Pace:
    """The time limit of some work. `between` runs at each step; `sizes` records how much fits into a step."""

    deadline: float = NEVER
    clock: Callable[[], float] = time.monotonic
    between: Callable[[], None] = _no_turns
    sizes: dict[str, int] = field(default_factory=dict)
    stopped: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Let other callers run, then raise OutOfTime if the time is over. Call this between small steps."""
        self.between()
        if self.stopped.is_set() or self.clock() >= self.deadline:
            raise OutOfTime

    def within(self, seconds: float) -> "Pace":
        """Return a time limit for the same work that ends in `seconds`."""
        return replace(self, deadline=self.clock() + seconds)
