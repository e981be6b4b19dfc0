"""MongoDB collections of projects and metrics."""
