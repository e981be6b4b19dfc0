"""Filters of segments: small descriptions that say which words the logs of a segment cannot contain."""
