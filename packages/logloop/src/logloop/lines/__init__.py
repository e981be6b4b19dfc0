"""Parses log lines: formats, times, severities, and which lines form one record."""
