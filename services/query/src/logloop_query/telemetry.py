"""Declares the metrics of log storage and search."""

from prometheus_client import Counter, Gauge, Histogram

LOGS_STORED = Counter("logloop_query_logs_stored_total", "Logs written into segments.")
SEGMENTS_STORED = Counter("logloop_query_segments_stored_total", "Segments written.")
BYTES_STORED = Counter("logloop_query_stored_bytes_total", "Bytes of encoded columns written.")
PARTS_REPEATED = Counter("logloop_query_repeated_parts_total", "Parts that were already stored and skipped.")
WRITE_SECONDS = Histogram("logloop_query_segment_write_seconds", "Time to encode and insert one segment.")
WRITE_WAITS = Counter("logloop_query_write_waits_total", "Waits of writes for MongoDB during outages.")
SEARCHES = Counter("logloop_query_searches_total", "Searches.", ["kind", "outcome"])
SEARCH_SECONDS = Histogram("logloop_query_search_seconds", "Duration of a search.", ["kind"])
SEARCH_BYTES = Counter("logloop_query_search_read_bytes_total", "Compressed bytes that searches read.")
COMPACTIONS = Counter("logloop_query_compactions_total", "Merges of small segments.", ["outcome"])
SEGMENTS_COMPACTED = Counter("logloop_query_compacted_segments_total", "Segments replaced by merges.")
TAIL_CLIENTS = Gauge("logloop_query_tail_clients", "Open live tails.")
TAIL_DROPPED = Counter("logloop_query_tail_dropped_total", "Logs dropped for slow live tails.")
EXPORTED_LOGS = Counter("logloop_query_exported_logs_total", "Logs exported.", ["format"])
EDITS = Counter("logloop_query_log_edits_total", "Logs changed or deleted by callers.", ["kind"])
