"""Metrics of ci-bridge, declared once.

It must not measure anything itself.
"""

from prometheus_client import Counter, Gauge, Histogram

RULE_LOOKS = Counter("logloop_ci_rule_looks_total", "Log batches shown to rules.", ["outcome"])
RULE_FIRINGS = Counter("logloop_ci_rule_firings_total", "Rules that matched, by what came of it.", ["on", "outcome"])
RULE_SECONDS = Histogram("logloop_ci_rule_batch_seconds", "Time to show one batch to all rules of its project.")
RULE_ROWS_SKIPPED = Counter("logloop_ci_rule_rows_skipped_total", "Rows over the bounds on expressions in one batch.")
DISPATCHES = Counter("logloop_ci_dispatches_total", "Attempts to dispatch, by result.", ["mode", "result"])
DISPATCHES_LOST = Counter("logloop_ci_dispatches_lost_total", "Dispatches that GitHub took and that started no run.")
GITHUB_REQUESTS = Counter("logloop_ci_github_requests_total", "Requests to GitHub.", ["method", "status"])
GITHUB_RATE_REMAINING = Gauge("logloop_ci_github_rate_remaining", "x-ratelimit-remaining of GitHub's last answer.")
WEBHOOKS = Counter("logloop_ci_webhooks_total", "Webhook deliveries.", ["event", "outcome"])
RUNS_COMPLETED = Counter("logloop_ci_runs_completed_total", "Runs that ended.", ["conclusion"])
RUN_LOGS = Counter("logloop_ci_run_logs_total", "Log entries made from the output of runs.")
