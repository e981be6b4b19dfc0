"""Listeners for log protocols that are not HTTP: syslog, GELF, Fluent forward, and OTLP over gRPC."""
