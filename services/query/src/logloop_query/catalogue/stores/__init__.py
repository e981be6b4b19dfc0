"""Collections of the catalogue."""
