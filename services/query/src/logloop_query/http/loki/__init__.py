"""Loki's HTTP API under /loki/api/v1, for Grafana's data source and logcli."""
