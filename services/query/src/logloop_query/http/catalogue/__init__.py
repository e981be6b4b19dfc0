"""Routes of projects, services, tests and metrics."""
