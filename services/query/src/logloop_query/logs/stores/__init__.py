"""MongoDB collections of logs, patterns and leases."""
