"""HTTP routes: they parse by type, call one use case and return."""
