"""Follows the logs of containers in the folders that container runtimes write."""
