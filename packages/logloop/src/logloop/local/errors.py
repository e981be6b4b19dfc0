"""The one error of the local platform: a sentence that tells the user what to do.

It must not be raised for a bug of ours.
"""


class CannotStart(Exception):
    """Something the platform needs is missing or in the way; the message says what to do about it."""
