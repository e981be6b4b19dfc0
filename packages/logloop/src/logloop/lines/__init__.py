"""What lines of log say: formats, times, severities, and which lines belong together."""
