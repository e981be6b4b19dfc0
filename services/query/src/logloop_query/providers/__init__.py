"""Settings of model providers and GitHub, and tests of these settings."""
