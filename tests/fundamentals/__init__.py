"""A package, so that its fixtures end with its last test and no platform runs on beside later tests."""
