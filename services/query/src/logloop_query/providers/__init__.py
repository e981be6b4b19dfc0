"""Settings of model providers and GitHub."""
