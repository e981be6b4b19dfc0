"""Send, search and act on logs: handler, client, pytest plugin, command line and local platform."""
