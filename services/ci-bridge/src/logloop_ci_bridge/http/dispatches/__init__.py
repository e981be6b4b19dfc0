"""Routes of pipelines and dispatches."""
