"""Whether this machine permits the sandbox in which workflows run."""

from functools import cache

from logloop_emulator.sandbox.launcher import SandboxUnavailable, check_available


@cache
def refusal() -> str | None:
    """Return why this machine does not permit the sandbox, None if it does."""
    try:
        check_available()
    except SandboxUnavailable as error:
        return str(error)
    return None
