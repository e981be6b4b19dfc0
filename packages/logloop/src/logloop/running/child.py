"""Runs a command in place of the user: with the terminal's streams, its signals and its exit code."""

from __future__ import annotations

import os
import resource
import select
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from logloop.running.terminal import CapturedStream, open_stream

CHUNK_BYTES = 64 * 1024
LEFT_BEHIND_SECONDS = 1.0
"""How long the output of processes that the command leaves behind is read while they print nothing."""
NO_PROGRAM, NOT_EXECUTABLE = 127, 126
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGWINCH)
_FROM_KEYS = frozenset({signal.SIGINT, signal.SIGQUIT})
"""Signals that a terminal sends to the command as well, because it is in the same process group."""
_KERNEL = 0x80  # SI_KERNEL: the terminal has sent the signal, no process

OnOutput = Callable[[str, bytes], None]
"""Gets the name of a stream (`stdout` or `stderr`) and what was printed on it, in the thread of `run_child`."""


class NotStarted(Exception):
    """The command cannot be started. `code` is the exit code of a shell for it: 127 or 126."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended. `code` is as a shell reports it: 128 + N after signal N. `peak_bytes` is its memory."""

    code: int
    signal: int | None
    seconds: float
    peak_bytes: int
    left_behind: bool = False
    """Whether other processes still hold its output open."""


def run_child(
    command: Sequence[str],
    environ: Mapping[str, str],
    *,
    streams: Sequence[str] = (),
    on_output: OnOutput = lambda _name, _chunk: None,
    on_start: Callable[[int], None] = lambda _pid: None,
    use_pty: bool = False,
) -> Ended:
    """Run a command until it ends. What it prints on `streams` reaches our own stream at once, then `on_output`.

    With `use_pty`, a stream that is a terminal is one for the command, too. `on_start` gets the process id. Signals
    reach the command, and stdin is its own. Raises NotStarted.
    """
    with ExitStack() as stack:
        captured = [stack.enter_context(open_stream(name, use_pty=use_pty)) for name in streams]
        signals = stack.enter_context(_held_signals())
        started = time.monotonic()
        child = _start(command, environ, {stream.name: stream.child_end for stream in captured})
        for stream in captured:
            stream.close_child_end()
        signals.forward_to(child, captured)
        on_start(child.pid)
        left_behind = _pass_through(child, captured, on_output)
        status = child.wait()
    number = -status if status < 0 else None
    code = 128 + number if number else status
    return Ended(code, number, time.monotonic() - started, _peak_bytes(), left_behind)


def _start(command: Sequence[str], environ: Mapping[str, str], ends: Mapping[str, int]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603
            command,
            env=dict(environ),
            stdout=ends.get("stdout"),
            stderr=ends.get("stderr"),
            preexec_fn=_release_signals,  # noqa: PLW1509 - no thread runs yet
        )
    except FileNotFoundError as error:
        raise NotStarted(NO_PROGRAM, f"there is no program {command[0]!r}") from error
    except OSError as error:
        raise NotStarted(NOT_EXECUTABLE, f"{command[0]!r} cannot be started: {error.strerror or error}") from error


def _release_signals() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _FORWARDED)


def _peak_bytes() -> int:
    size = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024


class _Signals:
    """Forwards signals to the command from a thread, which learns who has sent them."""

    def __init__(self) -> None:
        self.late: list[int] = []
        """Signals that came after the command had ended; they are meant for us."""
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def forward_to(self, child: subprocess.Popen[bytes], captured: Sequence[CapturedStream]) -> None:
        """Start to forward. Signals that came before are still waiting and are forwarded, too."""

        def run() -> None:
            while True:
                number, is_from_terminal = _next_signal()
                if self._ended.is_set():
                    return
                if number == signal.SIGWINCH:
                    for stream in captured:
                        stream.copy_size()
                if not (number in _FROM_KEYS and is_from_terminal):
                    with suppress(ProcessLookupError):
                        child.send_signal(number)
                    if child.returncode is not None:
                        self.late.append(number)

        self._thread = threading.Thread(target=run, name="logloop-signals", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        if self._thread is not None and self._thread.ident is not None:
            signal.pthread_kill(self._thread.ident, signal.SIGWINCH)
            self._thread.join()


def _next_signal() -> tuple[int, bool]:
    """Wait for a signal; return its number and whether the terminal has sent it."""
    if sys.platform == "darwin":  # it does not tell who has sent a signal
        number = signal.sigwait(_FORWARDED)
        return number, sys.stdin.isatty()
    info = signal.sigwaitinfo(_FORWARDED)
    return info.si_signo, info.si_code == _KERNEL


@contextmanager
def _held_signals() -> Iterator[_Signals]:
    """Hold back the signals that are forwarded, in this thread and those that it starts."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _FORWARDED)
    signals = _Signals()
    try:
        yield signals
    finally:
        signals.stop()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for number in signals.late:
            signal.raise_signal(number)


def _pass_through(child: subprocess.Popen[bytes], captured: Sequence[CapturedStream], on_output: OnOutput) -> bool:
    """Copy output until it is closed. Return whether processes that outlive the command still have it open."""
    silent_since: float | None = None
    with selectors.DefaultSelector() as selector:
        for stream in captured:
            selector.register(stream.our_end, selectors.EVENT_READ, stream)
        while selector.get_map():
            ready = selector.select(timeout=0.1)
            for key, _ in ready:
                stream = key.data
                chunk = stream.read(CHUNK_BYTES)
                if chunk:
                    on_output(stream.name, chunk)
                if not chunk or not _show(stream, chunk):
                    selector.unregister(stream.our_end)
                    stream.close()
            if ready or child.poll() is None:
                silent_since = None
            else:
                silent_since = silent_since or time.monotonic()
                if time.monotonic() - silent_since > LEFT_BEHIND_SECONDS:
                    return True
    return False


def _show(stream: CapturedStream, chunk: bytes) -> bool:
    """Write to our own stream. False when its reader has exited: then the command gets SIGPIPE, as without us."""
    rest = memoryview(chunk)
    while rest:
        try:
            rest = rest[os.write(stream.shown_on, rest) :]
        except BlockingIOError:  # another process has made the terminal non-blocking
            select.select([], [stream.shown_on], [])
        except OSError:  # EPIPE, or EIO of a terminal that was closed
            return False
    return True
