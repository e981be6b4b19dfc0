"""The exceptions of the checks."""


class InvalidValue(Exception):
    """A value breaks a rule. `code` and the text become a Violation."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class NotUniform(Exception):
    """These entries cannot be checked as columns; check them one by one."""
