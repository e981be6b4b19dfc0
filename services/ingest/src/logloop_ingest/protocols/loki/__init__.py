"""Loki's push API: the requests in JSON and protobuf."""
