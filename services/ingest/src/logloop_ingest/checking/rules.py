"""What the entries of one request are checked against."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

from logloop_ingest.limits import Limits


class Violation(NamedTuple):
    """One rule that an entry breaks. `code` is a constant word for metrics; the texts are for the sender."""

    field: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class ProjectAccess:
    """Which of the projects in a request the caller may write to.

    `default` is the project of entries that leave it out. Of more projects than a request may have, the surplus is
    neither in `permitted` nor in `denied`.
    """

    default: str | None
    permitted: AbstractSet[str]
    denied: Mapping[str, Violation] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """The limits of the deployment, the access of the caller and the time, in microseconds since 1970."""

    limits: Limits
    access: ProjectAccess
    now_us: int

    @property
    def latest_us(self) -> int:
        """The latest timestamp that is accepted, in microseconds since 1970."""
        return self.now_us + self.limits.future_s * 1_000_000
