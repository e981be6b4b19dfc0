"""Routes of GitHub: set-up, webhooks and workflow files."""
