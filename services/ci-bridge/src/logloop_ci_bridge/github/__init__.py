"""Everything that speaks GitHub's protocols."""
