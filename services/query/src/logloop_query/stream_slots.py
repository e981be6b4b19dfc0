"""Limits how many long responses an instance sends at once, in total and for each caller and project."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from logloop_chassis.http.problems import TooManyRequests


class NoFreeSlot(Exception):
    """All slots are taken, or all of the share of a holder."""


class Slots:
    """`limit` slots, of which one holder has at most its share: `caller_share` or `project_share`.

    A slot is taken before anything is awaited, so the limits hold for requests that arrive together.
    """

    def __init__(self, limit: int, *, caller_share: int, project_share: int) -> None:
        self._limit = limit
        self._caller_share = caller_share
        self._project_share = project_share
        self._of_caller: Counter[str] = Counter()
        self._of_project: Counter[str] = Counter()
        self.taken = 0

    @contextmanager
    def slot(self, caller: str, project_id: str) -> Iterator[None]:
        """Hold a slot. Raises NoFreeSlot."""
        if (
            self.taken >= self._limit
            or self._of_caller[caller] >= self._caller_share
            or self._of_project[project_id] >= self._project_share
        ):
            raise NoFreeSlot
        self._count(caller, project_id, 1)
        try:
            yield
        finally:
            self._count(caller, project_id, -1)

    def _count(self, caller: str, project_id: str, change: int) -> None:
        self.taken += change
        for counts, holder in ((self._of_caller, caller), (self._of_project, project_id)):
            counts[holder] += change
            if not counts[holder]:
                del counts[holder]


class StreamSlots(Slots):
    """The slots of one kind of stream, such as `exports`: a quarter for one caller, a half for one project."""

    def __init__(self, kind: str, limit: int, *, retry_after: int) -> None:
        super().__init__(limit, caller_share=max(1, limit // 4), project_share=max(1, limit // 2))
        self._kind = kind
        self._retry_after = retry_after

    @contextmanager
    def slot(self, caller: str, project_id: str) -> Iterator[None]:
        """Hold a slot. Raises TooManyRequests when none is free for this caller or project."""
        try:
            with super().slot(caller, project_id):
                yield
        except NoFreeSlot as error:
            detail = f"too many {self._kind} of this caller, this project or in all are open; close one or try later"
            raise TooManyRequests(detail, retry_after=self._retry_after) from error
