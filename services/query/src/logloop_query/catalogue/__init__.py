"""Projects, services, tests and metrics."""
