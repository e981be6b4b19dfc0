"""Listeners for log protocols that are not HTTP: syslog, GELF and Fluent forward over UDP, TCP and TLS."""
