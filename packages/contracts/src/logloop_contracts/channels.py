"""The map of all channels: exchange, routing key, payload, producers and consumers.

The only file that names exchanges, queues and routing keys.
"""

from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel

from logloop_contracts import analyses, ci, records
from logloop_contracts.log_entry import LogEntry

EVENT_TYPE_PREFIX = "logloop."


@dataclass(frozen=True)
class Exchange:
    """A durable topic exchange."""

    name: str


@dataclass(frozen=True)
class Channel:
    """One kind of message. `key` is a routing key, or the pattern `*` when the routing key is the project id."""

    exchange: Exchange
    key: str
    payload: type[BaseModel]
    content_type: Literal["application/json", "application/vnd.apache.arrow.stream"]
    producers: tuple[str, ...]
    description: str

    @property
    def event_type(self) -> str:
        """Return the CloudEvents type, such as logloop.analyses.completed.v1."""
        return f"{self.exchange.name}.{self.key}"


@dataclass(frozen=True)
class Queue:
    """A durable quorum queue of one consumer service, with its retry queue and dead-letter queue."""

    name: str
    consumer: str
    channels: tuple[Channel, ...] = field(default=())
    max_bytes: int = 4 * 2**30
    when_full: Literal["refuse", "drop_oldest"] = "refuse"

    @property
    def retry(self) -> str:
        """Return the name of the queue where messages wait for their next attempt."""
        return f"{self.name}.retry"

    @property
    def dead(self) -> str:
        """Return the name of the dead-letter queue, which keeps messages until they are retried or deleted."""
        return f"{self.name}.dead"


INTAKE_EXCHANGE = Exchange("logloop.intake")
LOGS_EXCHANGE = Exchange("logloop.logs")
ANALYSES_EXCHANGE = Exchange("logloop.analyses")
CI_EXCHANGE = Exchange("logloop.ci")
RECORDS_EXCHANGE = Exchange("logloop.records")
# The routing key is the name of the queue to which a message returns or moves.
RETRY_EXCHANGE = Exchange("logloop.retry")
DEAD_EXCHANGE = Exchange("logloop.dead")
EXCHANGES = (
    INTAKE_EXCHANGE,
    LOGS_EXCHANGE,
    ANALYSES_EXCHANGE,
    CI_EXCHANGE,
    RECORDS_EXCHANGE,
    RETRY_EXCHANGE,
    DEAD_EXCHANGE,
)

_JSON: Literal["application/json"] = "application/json"
_ARROW: Literal["application/vnd.apache.arrow.stream"] = "application/vnd.apache.arrow.stream"

INTAKE = Channel(
    INTAKE_EXCHANGE,
    "*",
    LogEntry,
    _JSON,
    ("any program with broker access",),
    "Log entries to ingest: a JSON object, an array or NDJSON. The routing key is the project id; "
    "message_id is the idempotency key.",
)
LOGS = Channel(
    LOGS_EXCHANGE,
    "*",
    LogEntry,
    _ARROW,
    ("ingest", "ci-bridge"),
    "A batch of log entries of one project as an Arrow IPC stream (logloop_contracts.log_batch). "
    "The routing key is the project id.",
)
ANALYSIS_REQUESTED = Channel(
    ANALYSES_EXCHANGE,
    "requested.v1",
    analyses.AnalysisRequested,
    _JSON,
    ("query",),
    "An analysis of logs was requested.",
)
ANALYSIS_PROGRESS = Channel(
    ANALYSES_EXCHANGE,
    "progress.v1",
    analyses.AnalysisProgress,
    _JSON,
    ("analyzer",),
    "A running analysis has made progress.",
)
ANALYSIS_COMPLETED = Channel(
    ANALYSES_EXCHANGE,
    "completed.v1",
    analyses.AnalysisCompleted,
    _JSON,
    ("analyzer",),
    "An analysis has completed with a report.",
)
ANALYSIS_FAILED = Channel(
    ANALYSES_EXCHANGE,
    "failed.v1",
    analyses.AnalysisFailed,
    _JSON,
    ("analyzer",),
    "An analysis has failed.",
)
CI_DISPATCHED = Channel(
    CI_EXCHANGE, "dispatched.v1", ci.Dispatched, _JSON, ("ci-bridge",), "A dispatch was sent to start a workflow."
)
CI_DISPATCH_FAILED = Channel(
    CI_EXCHANGE,
    "dispatch-failed.v1",
    ci.DispatchFailed,
    _JSON,
    ("ci-bridge",),
    "A dispatch has failed permanently.",
)
CI_RUN_UPDATED = Channel(
    CI_EXCHANGE, "run-updated.v1", ci.RunUpdated, _JSON, ("ci-bridge",), "A workflow run has changed its state."
)
CI_RUN_COMPLETED = Channel(
    CI_EXCHANGE, "run-completed.v1", ci.RunCompleted, _JSON, ("ci-bridge",), "A workflow run has completed."
)
PROJECT_DELETED = Channel(
    RECORDS_EXCHANGE,
    "project-deleted.v1",
    records.ProjectDeleted,
    _JSON,
    ("query",),
    "A project was deleted; published repeatedly until its data is removed.",
)
CHANNELS = (
    INTAKE,
    LOGS,
    ANALYSIS_REQUESTED,
    ANALYSIS_PROGRESS,
    ANALYSIS_COMPLETED,
    ANALYSIS_FAILED,
    CI_DISPATCHED,
    CI_DISPATCH_FAILED,
    CI_RUN_UPDATED,
    CI_RUN_COMPLETED,
    PROJECT_DELETED,
)

INGEST_INTAKE = Queue("ingest.intake", "ingest", (INTAKE,))
QUERY_LOGS = Queue("query.logs", "query", (LOGS,))
QUERY_ANALYSES = Queue("query.analyses", "query", (ANALYSIS_PROGRESS, ANALYSIS_COMPLETED, ANALYSIS_FAILED))
ANALYZER_REQUESTS = Queue("analyzer.requests", "analyzer", (ANALYSIS_REQUESTED,))
# During a long outage of ci-bridge, rules miss the oldest batches; otherwise a full queue would block ingest.
CI_BRIDGE_LOGS = Queue("ci-bridge.logs", "ci-bridge", (LOGS,), max_bytes=2**30, when_full="drop_oldest")
CI_BRIDGE_ANALYSES = Queue("ci-bridge.analyses", "ci-bridge", (ANALYSIS_COMPLETED, ANALYSIS_FAILED))
CI_BRIDGE_RUNS = Queue("ci-bridge.runs", "ci-bridge", (CI_RUN_COMPLETED,))
CI_BRIDGE_PROJECTS = Queue("ci-bridge.projects", "ci-bridge", (PROJECT_DELETED,))
QUEUES = (
    INGEST_INTAKE,
    QUERY_LOGS,
    QUERY_ANALYSES,
    ANALYZER_REQUESTS,
    CI_BRIDGE_LOGS,
    CI_BRIDGE_ANALYSES,
    CI_BRIDGE_RUNS,
    CI_BRIDGE_PROJECTS,
)

HEADER_PROJECT = "x-project"
HEADER_COUNT = "x-count"
HEADER_SCHEMA = "x-schema"
HEADER_KEY_IDS = "x-key-ids"
HEADER_ATTEMPT = "x-attempt"
HEADER_REASON = "x-dead-reason"
HEADER_DETAIL = "x-dead-detail"
HEADER_EXCHANGE = "x-origin-exchange"
HEADER_ROUTING_KEY = "x-origin-routing-key"
HEADER_CODE_VERSION = "x-code-version"
HEADER_FAILED_AT = "x-failed-at"
