"""The guided demo: the platform's own logs, its own tests, and a simulated shop with an incident."""
