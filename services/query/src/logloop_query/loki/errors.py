"""The error of a query."""


class BadLogQL(ValueError):
    """A query that is invalid or not supported. The text says which part, and what to do."""
