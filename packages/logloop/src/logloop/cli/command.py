"""The edge of every command: turns errors into a sentence and an exit code, and opens the client.

It must not know what a command does.
"""

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


class Ended(Exception):
    """A command is over with this exit code, and has said why."""

    def __init__(self, code: int, message: str | None = None) -> None:
        super().__init__(message or "")
        self.code = code
        self.message = message


def code_for(error: LogloopError) -> int:
    """The exit code an error ends the command with."""
    return _CODES.get(type(error), exit_codes.FAILED)


def command(function: Callable[P, None]) -> Callable[P, None]:
    """Wrap a command: its errors become one message on stderr and an exit code; no traceback reaches a user."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
            sys.stdout.flush()
        except LogloopError as error:
            say(f"logloop: {error}")
            _exit(code_for(error))
        except Ended as end:
            if end.message:
                say(f"logloop: {end.message}")
            _exit(end.code)
        except BrokenPipeError:
            _leave_pipe()
        except OSError as error:
            # A file that was named cannot be read or written; the HTTP client turns its own into LogloopErrors.
            say(f"logloop: {error.filename or 'input or output'}: {error.strerror or error}")
            _exit(exit_codes.USAGE)
        except KeyboardInterrupt:
            _exit(exit_codes.INTERRUPTED)

    return run


def _exit(code: int) -> NoReturn:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _leave_pipe()
    sys.exit(code)


def _leave_pipe() -> NoReturn:
    # The reader is gone (`| head`): leave without a word, as cat does, and keep Python from flushing into the pipe.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(exit_codes.BROKEN_PIPE)


@contextmanager
def open_admin_client(project: str | None = None) -> Iterator[Client]:
    """A client for administration: on the machine of `logloop up` as its first user, elsewhere with the key."""
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
        return False  # the password was changed since; the key still does what it may
    return True


def open_client(project: str | None = None, *, retry_for: float | None = READ_RETRY_SECONDS) -> Client:
    """A client with the settings of the environment, the login or this machine's `logloop up`."""
    from logloop.api.client import Client

    return Client(project=project, retry_for=retry_for)
