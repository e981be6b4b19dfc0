"""Makes this folder a package: its fixtures end after its last test, so no platform runs beside later tests."""
