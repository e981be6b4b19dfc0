"""HTTP endpoint of ingest."""
