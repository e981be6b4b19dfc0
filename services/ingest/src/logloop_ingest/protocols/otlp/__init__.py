"""OpenTelemetry's logs: the requests in JSON and protobuf, what becomes of a log record, and the answers."""
