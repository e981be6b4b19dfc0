"""The emulator as a process, and whether this machine permits the sandbox in which it runs workflows."""

import os
import signal
import subprocess
import sys
from functools import cache

from logloop_emulator.sandbox.launcher import SandboxUnavailable, check_available

TOKEN = "e" * 40


@cache
def refusal() -> str | None:
    """Return why this machine does not permit the sandbox, None if it does."""
    try:
        check_available()
    except SandboxUnavailable as error:
        return str(error)
    return None


class Emulator:
    """The emulator as a separate process, to be killed."""

    def __init__(self, url: str) -> None:
        self._environment = {
            "PATH": os.environ["PATH"],
            "LOGLOOP_CI_BRIDGE_URL": url,
            "LOGLOOP_EMULATOR_TOKEN": TOKEN,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "logloop_emulator"]
        self.process = subprocess.Popen(command, env=self._environment, stdout=subprocess.DEVNULL)

    def kill(self, number: int = signal.SIGKILL) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(20)
            self.process = None
