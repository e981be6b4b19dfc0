"""The streams that a command prints on: pipes, or terminals of their own where ours are terminals."""

from __future__ import annotations

import contextlib
import os
import termios
from collections.abc import Iterator
from contextlib import contextmanager

_DESCRIPTORS = {"stdout": 1, "stderr": 2}


class CapturedStream:
    """A stream between the command (`child_end`) and us (`our_end`). What arrives is shown on `shown_on`."""

    def __init__(self, name: str, *, use_pty: bool) -> None:
        self.name = name
        self.shown_on = _DESCRIPTORS[name]
        self._is_pty = use_pty and os.isatty(self.shown_on)
        self.our_end, self.child_end = os.openpty() if self._is_pty else os.pipe()
        self._open = {self.our_end, self.child_end}
        if self._is_pty:
            self._copy_settings()
            self.copy_size()

    def read(self, size: int) -> bytes:
        """Return what has arrived; empty when no process has the other end open."""
        try:
            return os.read(self.our_end, size)
        except OSError:  # EIO is how Linux reports the end of a terminal
            return b""

    def copy_size(self) -> None:
        """Give the command's terminal the size of ours."""
        if self._is_pty:
            with contextlib.suppress(OSError, termios.error):
                termios.tcsetwinsize(self.our_end, termios.tcgetwinsize(self.shown_on))

    def _copy_settings(self) -> None:
        """Copy the settings of our terminal, except that bytes pass unchanged: ours adds its carriage returns."""
        settings = termios.tcgetattr(self.shown_on)
        settings[1] &= ~termios.OPOST
        termios.tcsetattr(self.child_end, termios.TCSANOW, settings)

    def close_child_end(self) -> None:
        """Close the command's end in this process."""
        self._close(self.child_end)

    def close(self) -> None:
        """Close both ends."""
        self._close(self.child_end)
        self._close(self.our_end)

    def _close(self, descriptor: int) -> None:
        if descriptor in self._open:
            self._open.remove(descriptor)
            os.close(descriptor)


@contextmanager
def open_stream(name: str, *, use_pty: bool) -> Iterator[CapturedStream]:
    """Open a stream for a command; `name` is stdout or stderr."""
    stream = CapturedStream(name, use_pty=use_pty)
    try:
        yield stream
    finally:
        stream.close()
