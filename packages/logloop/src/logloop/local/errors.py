"""The error of the local platform."""


class CannotStart(Exception):
    """The platform cannot start; the message says what to do. Not for bugs of the platform itself."""
