"""A guided tour on real input: the platform's own logs, its own tests, and a shop that breaks."""
