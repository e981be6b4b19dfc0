"""Why an analysis ends without a report."""

from logloop_contracts.analyses import FailureReason


class AnalysisError(Exception):
    """The analysis failed. `detail` says what happened and what to do."""

    def __init__(self, reason: FailureReason, detail: str) -> None:
        super().__init__(detail)
        self.reason: FailureReason = reason
        self.detail = detail


class AnalysisObsolete(Exception):
    """The analysis was cancelled, deleted or already answered, so its outcome is not needed."""
