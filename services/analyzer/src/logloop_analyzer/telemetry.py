"""Prometheus metrics of the analyzer."""

from prometheus_client import Counter, Gauge, Histogram

ANALYSES = Counter("logloop_analyzer_analyses_total", "Finished analyses by outcome.", ["outcome", "mode", "verdict"])
ANALYSIS_SECONDS = Histogram(
    "logloop_analyzer_analysis_seconds",
    "Duration of each part of an analysis.",
    ["part"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300),
)
RUNNING = Gauge("logloop_analyzer_running", "Analyses in progress.")
LOGS_READ = Counter("logloop_analyzer_logs_read_total", "Logs read for analyses.", ["window"])
MODEL_CALLS = Counter("logloop_analyzer_model_questions_total", "Questions sent to models.", ["provider", "outcome"])
MODEL_SECONDS = Histogram(
    "logloop_analyzer_model_seconds",
    "Time until the complete answer of a model.",
    ["provider"],
    buckets=(0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300),
)
MODEL_TOKENS = Counter("logloop_analyzer_model_tokens_total", "Tokens by direction.", ["provider", "direction"])
CLAIMS = Counter("logloop_analyzer_claims_total", "Claims of models, kept or dropped.", ["outcome"])
REDACTED = Counter("logloop_analyzer_redacted_values_total", "Values redacted from prompts.")
PROGRESS_LOST = Counter("logloop_analyzer_progress_lost_total", "Progress events that were not published.")
