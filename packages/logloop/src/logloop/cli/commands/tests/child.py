"""Runs a command in place of the user: with the terminal's streams, its signals and its exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit
from logloop.results.model import MAX_BYTES

_CHUNK = 64 * 1024


def run_child(command: Sequence[str], environ: Mapping[str, str], *, capture: bool) -> tuple[int, bytes]:
    """Run a command and return its exit code and, with `capture`, the first MAX_BYTES + 1 bytes of its stdout.

    The code is 128 + N after signal N. What is captured is also written to stdout at once. Exits with 127 when there
    is no such program and with 126 when it cannot be started, as shells do.
    """
    # The handlers come first: a signal that arrives while the command starts must reach it.
    with _forwarded_signals() as forward_to:
        child = _start(command, environ, capture=capture)
        forward_to(child)
        output = _pass_through(child) if capture else b""
        code = child.wait()
    return (code if code >= 0 else 128 - code), output


def _start(command: Sequence[str], environ: Mapping[str, str], *, capture: bool) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command, env=dict(environ), stdout=subprocess.PIPE if capture else None)  # noqa: S603
    except FileNotFoundError as error:
        raise CommandExit(exit_codes.NO_PROGRAM, f"there is no program {command[0]!r}") from error
    except OSError as error:
        reason = error.strerror or error
        raise CommandExit(exit_codes.NOT_EXECUTABLE, f"{command[0]!r} cannot be started: {reason}") from error


@contextmanager
def _forwarded_signals() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """Forward signals to the child that is given to the yielded function, including those that came before it."""
    children: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def forward_to(child: subprocess.Popen[bytes]) -> None:
        children.append(child)
        while early:
            child.send_signal(early.pop())

    def forward(number: int, _frame: FrameType | None) -> None:
        if not children:
            early.append(number)
        for child in children:
            child.send_signal(number)

    def leave_to_child(_number: int, _frame: FrameType | None) -> None:
        """Do nothing: the terminal sends Ctrl-C to both."""

    handlers = {signal.SIGINT: leave_to_child, signal.SIGTERM: forward, signal.SIGHUP: forward}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield forward_to
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _pass_through(child: subprocess.Popen[bytes]) -> bytes:
    assert child.stdout is not None
    kept = bytearray()
    with child.stdout as stream:
        while chunk := os.read(stream.fileno(), _CHUNK):
            kept += chunk[: MAX_BYTES + 1 - len(kept)]
            try:
                sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()
            except BrokenPipeError:  # the reader has exited, so the command gets SIGPIPE, as without us
                break
    return bytes(kept)
