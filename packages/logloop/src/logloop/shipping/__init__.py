"""Ships lines of files and streams: what `logloop send` does."""
