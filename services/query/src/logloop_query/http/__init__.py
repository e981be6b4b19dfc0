"""HTTP endpoints: they parse by type, call one use case and return."""
