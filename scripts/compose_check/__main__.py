"""Builds the images, uses, scales and breaks the platform of docker-compose.yml, and removes it: make compose-check.

Prints a table of steps with their durations. Exits with 1 at the first step that fails, with the last lines of the
containers, and with 2 if there is no Docker engine with Compose v2. Only a free port on loopback is published.
"""

import signal
import sys
import time
from collections.abc import Callable
from typing import NoReturn

from scripts.compose_check import operation
from scripts.compose_check.first_use import Installation
from scripts.compose_check.stack import NoEngine, Stack, require_engine

_NO_ENGINE = 2
Step = tuple[str, Callable[[], str | None]]


def steps(stack: Stack) -> list[Step]:
    """Return all steps in their order. Each one returns what it found."""
    here = Installation(stack)
    return [
        ("build the images", stack.build),
        ("start until healthy", stack.up),
        ("sign in, change the password", here.change_printed_password),
        ("create a project and a key", here.create_project_and_key),
        ("send the first log", here.send_first_log),
        ("search", here.search),
        ("analyse", here.analyse),
        ("fire a rule", here.fire_rule),
        ("emulate a workflow", here.emulate_workflow),
        ("memory watermark of RabbitMQ", here.check_watermark),
        ("restart all containers", lambda: operation.restart(here)),
        ("two instances of ingest and query", lambda: operation.scale(here)),
        ("kills while logs arrive", lambda: operation.kill_while_logs_arrive(here)),
        ("stop and start", lambda: operation.stop_and_start(here)),
        ("remove", lambda: operation.take_down(here)),
    ]


def run(stack: Stack) -> int:
    """Run the steps until one fails, and return the exit code."""
    begin = time.monotonic()
    for name, step in steps(stack):
        started = time.monotonic()
        try:
            found = step()
        except Exception as error:  # noqa: BLE001  # whatever went wrong, the reader needs the step and the containers
            _row("FAIL", name, started, type(error).__name__)
            print(f"\n{stack.last_lines()}\nfailed: {name}: {error}", flush=True)
            return 1
        _row("ok", name, started, found or "")
        if step == stack.build:
            for image, size in stack.image_sizes().items():
                print(f"{'':51}{image:10} {size / 1e6:5.0f} MB")
    print(f"all steps in {time.monotonic() - begin:.0f} s")
    return 0


def _row(state: str, name: str, started: float, found: str) -> None:
    print(f"{state:5} {name:34} {time.monotonic() - started:6.1f} s  {found}".rstrip(), flush=True)


def _end(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


def main() -> int:
    """Run everything on this machine's engine, and remove it in any case."""
    try:
        versions = require_engine()
    except NoEngine as error:
        print(f"compose-check needs a Docker engine with Compose v2: {error}", file=sys.stderr)
        return _NO_ENGINE
    signal.signal(signal.SIGTERM, _end)  # so that the stack is removed then, too
    stack = Stack()
    print(f"{versions}, project {stack.project}, {stack.url}", flush=True)
    code = 1
    try:
        code = run(stack)
    finally:
        for problem in stack.remove():
            print(f"not removed: {problem}", file=sys.stderr)
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
