"""Metrics of the analyzer, each declared once.

It must not count what the chassis counts already: messages, HTTP requests, publishes.
"""

from prometheus_client import Counter, Gauge, Histogram

ANALYSES = Counter("logloop_analyzer_analyses_total", "Analyses by how they ended.", ["outcome", "mode", "verdict"])
ANALYSIS_SECONDS = Histogram(
    "logloop_analyzer_analysis_seconds",
    "Time of an analysis by its part.",
    ["part"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300),
)
RUNNING = Gauge("logloop_analyzer_running", "Analyses at work.")
LOGS_READ = Counter("logloop_analyzer_logs_read_total", "Logs read for analyses.", ["window"])
MODEL_CALLS = Counter("logloop_analyzer_model_questions_total", "Questions to models.", ["provider", "outcome"])
MODEL_SECONDS = Histogram(
    "logloop_analyzer_model_seconds",
    "Time until a model's whole answer.",
    ["provider"],
    buckets=(0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300),
)
MODEL_TOKENS = Counter("logloop_analyzer_model_tokens_total", "Tokens by direction.", ["provider", "direction"])
CLAIMS = Counter("logloop_analyzer_claims_total", "Claims of models: kept or dropped.", ["outcome"])
REDACTED = Counter("logloop_analyzer_redacted_values_total", "Values replaced before a prompt left.")
PROGRESS_LOST = Counter("logloop_analyzer_progress_lost_total", "Progress events that could not be published.")
