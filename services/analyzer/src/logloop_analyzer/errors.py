"""Why an analysis ends without a report; the one base of the analyzer's own errors.

It must not know where such an error is shown.
"""

from logloop_contracts.analyses import FailureReason


class AnalysisError(Exception):
    """No report. `detail` says what happened and what to do."""

    def __init__(self, reason: FailureReason, detail: str) -> None:
        super().__init__(detail)
        self.reason: FailureReason = reason
        self.detail = detail


class Ended(Exception):
    """The analysis was cancelled, deleted or finished elsewhere: nobody waits for more."""
