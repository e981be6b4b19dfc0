"""Outcomes of tests, and when many failures have one cause outside the tests: the infrastructure."""

from collections.abc import Mapping

BAD = frozenset({"failed", "error"})
GOOD = frozenset({"passed", "xpassed"})
MOST_FAILED = 0.8
MIN_TESTS = 5
"""In a run with fewer tests, that most fail does not mean much."""
MIN_FILES = 3
"""An error before the tests of so many files begin is not an error of one of them."""


def most_failed(counts: Mapping[str, int]) -> bool:
    """Return whether nearly all tests of a run failed; `counts` has the number of outcomes by outcome."""
    failed = sum(counts.get(outcome, 0) for outcome in BAD)
    decided = failed + sum(counts.get(outcome, 0) for outcome in GOOD)
    return decided >= MIN_TESTS and failed >= MOST_FAILED * decided


def file_of(test_id: str) -> str:
    """Return the file or class of a test."""
    return test_id.partition("::")[0]
