"""Runs the emulator until SIGTERM: python -m logloop_emulator."""

import os
import signal
import sys
import threading
from types import FrameType

from logloop_emulator.emulation import Emulator
from logloop_emulator.worker import Settings, Worker, log, report_sandbox


def main() -> int:
    """Work until stopped. Return the exit code."""
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask_to_stop)
    try:
        settings = Settings.of(os.environ)
    except ValueError as error:
        log("error", str(error))
        return 2
    report_sandbox()
    Worker(settings, Emulator(), stop.is_set).run(stop.wait)
    return 0


if __name__ == "__main__":
    sys.exit(main())
