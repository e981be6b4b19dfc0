"""The outcomes of a test over time, and of the tests that ran with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from logloop_contracts.outcomes_of_tests import BAD, GOOD

_DIRTY = "-dirty"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One outcome of a test. `at` is the end of the test in UTC."""

    test_id: str
    test_run_id: str
    """Id of the record of its run."""
    run_id: str
    """Id that the reporter gave the run."""
    source: str
    """What reported the run: `pytest` if its logs name the run, `ci` otherwise."""
    service_id: str
    outcome: str
    at: datetime
    duration_s: float | None
    failure_pattern: str | None
    log_id: str
    commit: str | None = None
    branch: str | None = None

    @property
    def is_decided(self) -> bool:
        """Return whether the test passed or failed: it was not skipped, and was not expected to fail."""
        return self.outcome in GOOD | BAD

    @property
    def failed(self) -> bool:
        """Return whether the test failed."""
        return self.outcome in BAD

    @property
    def revision(self) -> str | None:
        """Return the commit, if the sources were exactly that commit."""
        return None if self.commit is None or self.commit.endswith(_DIRTY) else self.commit


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is known of a whole run of tests. `failures` are outcomes that failed, at most some hundreds."""

    id: str
    run_id: str
    source: str
    started_at: datetime
    commit: str | None
    branch: str | None
    counts: Mapping[str, int]
    failures: Sequence[Attempt]

    @property
    def decided(self) -> int:
        """Return how many outcomes passed or failed."""
        return sum(self.counts.get(outcome, 0) for outcome in GOOD | BAD)

    @property
    def failed(self) -> int:
        """Return how many outcomes failed."""
        return sum(self.counts.get(outcome, 0) for outcome in BAD)
