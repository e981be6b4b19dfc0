"""The HTTP API of the platform: clients, endpoints, transport and results."""
