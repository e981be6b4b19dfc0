"""What HTTP endpoints share: problems, limits, paging, streams and health."""
