"""Encodes segments of logs, and what is known of a segment without reading its rows."""
