"""GitHub: the API client, credentials, signatures and workflow runs."""
