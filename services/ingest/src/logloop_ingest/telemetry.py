"""The metrics of ingest. The label `door` is the transport: http, amqp, or the protocol of another log platform."""

from prometheus_client import Counter, Gauge, Histogram

ACCEPTED = Counter("logloop_ingest_accepted_total", "Log entries confirmed by the broker.", ["door"])
REJECTED = Counter(
    "logloop_ingest_rejected_total", "Rejected log entries, by their first violation.", ["door", "reason"]
)
DUPLICATES = Counter("logloop_ingest_duplicates_total", "Duplicates that were not published again.", ["door"])
UNCHECKED_KEYS = Counter(
    "logloop_ingest_unchecked_keys_total", "Idempotency keys accepted unchecked because MongoDB did not respond."
)
RECEIVED_BYTES = Counter("logloop_ingest_received_bytes_total", "Bytes of bodies after decompression.", ["door"])
BATCHES = Counter("logloop_ingest_batches_total", "Log messages confirmed by the broker.")
PUBLISHED_BYTES = Counter("logloop_ingest_published_bytes_total", "Bytes of those messages.")
BATCH_ENTRIES = Histogram(
    "logloop_ingest_batch_entries", "Entries per message.", buckets=(1, 3, 10, 30, 100, 300, 1000, 3000, 10_000)
)
IN_FLIGHT_BYTES = Gauge("logloop_ingest_in_flight_bytes", "Bytes of the bodies in progress.")
REFUSED_BY_KEY_LIMITS = Counter(
    "logloop_ingest_refused_by_key_limits_total", "Requests over the rate or quota of their API key.", ["limit"]
)
LISTENER_LOST = Counter(
    "logloop_ingest_listener_lost_total",
    "Messages that a listener received and could not store: the buffer was full, refused, or ingest stopped.",
    ["door", "reason"],
)
LISTENER_CONNECTIONS = Gauge("logloop_ingest_listener_connections", "Open connections of listeners.", ["door"])
IGNORED = Counter(
    "logloop_ingest_ignored_total", "Parts of requests that are no logs, such as traces, by kind.", ["door", "kind"]
)
