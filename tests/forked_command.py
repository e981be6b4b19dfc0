"""Runs the `logloop` command in real processes, forked from one that has imported it.

Imports take most of the CPU time of a short command. Tests of the start of a process, of terminals and of signals run
`python -m logloop.cli` instead.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile

_SERVER = Path(__file__).with_name("command_server.py")
_OF_THE_INTERPRETER = ("PYTHON", "COVERAGE_", "COV_")


def run_command(
    arguments: list[str], environ: Mapping[str, str], *, data: bytes = b"", timeout: float = 150.0
) -> subprocess.CompletedProcess[str]:
    """Run the command in the folder of this process, with warnings as errors; `data` is its input.

    Raises subprocess.TimeoutExpired after `timeout` seconds. An environment with other variables for the interpreter
    than those of this process has its own interpreter.
    """
    command = [sys.executable, "-W", "error", "-m", "logloop.cli", *arguments]
    if _interpreter_settings(environ) != _interpreter_settings(os.environ):
        done = subprocess.run(command, env=environ, input=data, capture_output=True, timeout=timeout)
        return _as_text(command, done.returncode, done.stdout, done.stderr)
    _, connection = _server()
    request = {"arguments": arguments, "environ": dict(environ), "folder": str(Path.cwd())}
    with TemporaryFile() as output, TemporaryFile() as errors:
        source, sink = os.pipe()
        writer = threading.Thread(target=_write, args=(sink, data))
        try:
            socket.send_fds(connection, [json.dumps(request).encode()], [source, output.fileno(), errors.fileno()])
        finally:
            os.close(source)
            writer.start()
        connection.settimeout(timeout)
        try:
            code = int(connection.recv(16))
        except TimeoutError as error:
            _stop(*_server())
            _server.cache_clear()
            raise subprocess.TimeoutExpired(command, timeout, output.read(), errors.read()) from error
        writer.join()
        output.seek(0)
        errors.seek(0)
        return _as_text(command, code, output.read(), errors.read())


def _as_text(command: list[str], code: int, output: bytes, errors: bytes) -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess(command, code, output.decode(), errors.decode())


def _interpreter_settings(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith(_OF_THE_INTERPRETER)}


def _write(sink: int, data: bytes) -> None:
    with suppress(BrokenPipeError), open(sink, "wb") as file:  # a command need not read all of its input
        file.write(data)


@cache
def _server() -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        command = [sys.executable, "-P", "-W", "error", str(_SERVER), str(its.fileno())]
        process = subprocess.Popen(command, pass_fds=[its.fileno()], start_new_session=True)
    atexit.register(_stop, process, ours)
    return process, ours


def _stop(process: subprocess.Popen[bytes], connection: socket.socket) -> None:
    """Kill the server, and the command that it runs."""
    connection.close()
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
