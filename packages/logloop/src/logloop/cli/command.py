"""Wraps every command: turns errors into one message and an exit code, and opens the client."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn, ParamSpec

from logloop.cli import exit_codes
from logloop.cli.output import say
from logloop.errors import (
    LogloopError,
    NotAllowed,
    NotAuthenticated,
    NotConfigured,
    NotFound,
    Refused,
    Unavailable,
    Unreachable,
)

if TYPE_CHECKING:
    from logloop.api.client import Client

P = ParamSpec("P")
_CODES: dict[type[LogloopError], int] = {
    NotConfigured: exit_codes.USAGE,
    NotAuthenticated: exit_codes.NOT_ALLOWED,
    NotAllowed: exit_codes.NOT_ALLOWED,
    NotFound: exit_codes.NOTHING_FOUND,
    Refused: exit_codes.REFUSED,
    Unavailable: exit_codes.UNAVAILABLE,
    Unreachable: exit_codes.UNAVAILABLE,
}
READ_RETRY_SECONDS = 3.0


class CommandExit(Exception):
    """Ends a command with an exit code and an optional message."""

    def __init__(self, code: int, message: str | None = None) -> None:
        super().__init__(message or "")
        self.code = code
        self.message = message


def exit_code_for(error: LogloopError) -> int:
    """Return the exit code for an error."""
    return _CODES.get(type(error), exit_codes.FAILED)


def command(function: Callable[P, None]) -> Callable[P, None]:
    """Wrap a command: errors become one message on stderr and an exit code, never a traceback."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
            sys.stdout.flush()
        except LogloopError as error:
            say(f"logloop: {error}")
            _exit(exit_code_for(error))
        except CommandExit as error:
            if error.message:
                say(f"logloop: {error.message}")
            _exit(error.code)
        except BrokenPipeError:
            _exit_on_broken_pipe()
        except OSError as error:
            # A file cannot be read or written. Network errors arrive as LogloopErrors.
            say(f"logloop: {error.filename or 'input or output'}: {error.strerror or error}")
            _exit(exit_codes.USAGE)
        except KeyboardInterrupt:
            _exit(exit_codes.INTERRUPTED)

    return run


def _exit(code: int) -> NoReturn:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _exit_on_broken_pipe()
    sys.exit(code)


def _exit_on_broken_pipe() -> NoReturn:
    # The reader has exited (`| head`): exit silently, as cat does, and keep Python from flushing into the pipe.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(exit_codes.BROKEN_PIPE)


@contextmanager
def open_admin_client(project: str | None = None) -> Iterator[Client]:
    """Open a client for administration: as the first user of this machine's `logloop up`, otherwise with the key."""
    from logloop.connection import local_sign_in

    with open_client(project) as client:
        credentials = local_sign_in(client.connection)
        signed_in = credentials is not None and _try_sign_in(client, *credentials)
        try:
            yield client
        finally:
            if signed_in:
                with suppress(LogloopError):
                    client.sign_out()


def _try_sign_in(client: Client, email: str, password: str) -> bool:
    try:
        client.sign_in(email, password)
    except NotAuthenticated:
        return False  # the password has changed; the key may still have the permission
    return True


def open_client(project: str | None = None, *, retry_for: float | None = READ_RETRY_SECONDS) -> Client:
    """Open a client with the settings from the environment, the stored login or this machine's `logloop up`."""
    from logloop.api.client import Client

    return Client(project=project, retry_for=retry_for)
