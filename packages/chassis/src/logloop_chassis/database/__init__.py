"""MongoDB: the client, outages and error responses."""
