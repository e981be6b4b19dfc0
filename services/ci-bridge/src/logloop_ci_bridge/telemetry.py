"""Metrics of ci-bridge."""

from prometheus_client import Counter, Gauge, Histogram

RULE_BATCHES = Counter("logloop_ci_rule_looks_total", "Log batches evaluated by rules.", ["outcome"])
RULE_FIRINGS = Counter("logloop_ci_rule_firings_total", "Rule matches, by outcome.", ["on", "outcome"])
RULE_SECONDS = Histogram("logloop_ci_rule_batch_seconds", "Time to evaluate one batch with all rules of its project.")
RULE_ROWS_SKIPPED = Counter(
    "logloop_ci_rule_rows_skipped_total", "Rows of a batch over the limits of row-by-row evaluation."
)
DISPATCHES = Counter("logloop_ci_dispatches_total", "Dispatch attempts, by result.", ["mode", "result"])
DISPATCHES_LOST = Counter("logloop_ci_dispatches_lost_total", "Dispatches that GitHub accepted without a run.")
GITHUB_REQUESTS = Counter("logloop_ci_github_requests_total", "Requests to GitHub.", ["method", "status"])
GITHUB_RATE_REMAINING = Gauge(
    "logloop_ci_github_rate_remaining", "x-ratelimit-remaining of GitHub's latest response."
)
NOTIFICATIONS = Counter(
    "logloop_ci_notifications_total", "Attempts to send notifications, by result.", ["kind", "result"]
)
WEBHOOKS = Counter("logloop_ci_webhooks_total", "Webhook deliveries.", ["event", "outcome"])
RUNS_COMPLETED = Counter("logloop_ci_runs_completed_total", "Completed runs.", ["conclusion"])
RUN_LOGS = Counter("logloop_ci_run_logs_total", "Log entries made from the output of runs.")
