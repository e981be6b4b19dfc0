"""The metrics of ingest, declared once.

It must not count anything itself. `door` is http or amqp; confirm latency is the chassis' publish histogram.
"""

from prometheus_client import Counter, Gauge, Histogram

ACCEPTED = Counter("logloop_ingest_accepted_total", "Log entries confirmed by the broker.", ["door"])
REJECTED = Counter("logloop_ingest_rejected_total", "Log entries refused, by the first reason.", ["door", "reason"])
DUPLICATES = Counter("logloop_ingest_duplicates_total", "Repeats of a batch that needed no second publish.", ["door"])
RECEIVED_BYTES = Counter("logloop_ingest_received_bytes_total", "Bytes of bodies after decompression.", ["door"])
BATCHES = Counter("logloop_ingest_batches_total", "Messages published with confirm.")
PUBLISHED_BYTES = Counter("logloop_ingest_published_bytes_total", "Bytes of those messages.")
BATCH_ENTRIES = Histogram(
    "logloop_ingest_batch_entries", "Entries a message.", buckets=(1, 3, 10, 30, 100, 300, 1000, 3000, 10_000)
)
IN_FLIGHT_BYTES = Gauge("logloop_ingest_in_flight_bytes", "Bytes of bodies being taken in.")
