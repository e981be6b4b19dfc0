"""Runs the platform in the foreground: starts it, prints how to use it, restarts what ends, stops it."""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import FrameType

from rich.console import Console

from logloop.cli.output import visible
from logloop.local.errors import CannotStart
from logloop.local.home import Home, home_folder, write_private
from logloop.local.mongodb import MongoNode
from logloop.local.platform import GATEWAY_PORT, Options, Platform, assemble
from logloop.local.ports import Claims, exclusive_choice
from logloop.local.rabbitmq import RabbitNode
from logloop.local.supervisor import Component, Supervisor
from logloop.local.worker_process import WorkerProcess

_READY_TIMEOUT_S = 90.0
_RESTART_TIMEOUT_S = 20.0
_CHECK_EVERY_S = 0.2
_ROTATE_EVERY_S = 60.0


def run(options: Options | None = None, *, environ: Mapping[str, str] = os.environ) -> int:
    """Run the platform until Ctrl-C or SIGTERM. Return 0, or 1 if it could not start (the reason is printed)."""
    options = options or Options()
    # With --json, standard output carries nothing but JSON.
    console = Console(stderr=options.json, highlight=False, markup=False, soft_wrap=True)
    home = Home(home_folder(environ))
    os.umask(0o077)  # all programs of the platform create files that only this user can read
    try:
        home.open()
        with _stop_signals() as stop:
            _Run(home, options, environ, console, stop).until_stopped()
    except CannotStart as error:
        console.print(f"logloop: {error}", style="red")
        return 1
    except KeyboardInterrupt:
        pass
    finally:
        home.close()
    console.print(f"Stopped. The data remains in {home.folder}.")
    return 0


@contextlib.contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """Set the event and raise KeyboardInterrupt on the first Ctrl-C, SIGTERM or SIGHUP."""
    stop = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            return
        stop.set()
        raise KeyboardInterrupt

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Run:
    def __init__(
        self, home: Home, options: Options, environ: Mapping[str, str], console: Console, stop: threading.Event
    ) -> None:
        self._home = home
        self._options = options
        self._console = console
        self._stop = stop
        self._environ = environ
        self._supervisor: Supervisor | None = None

    def until_stopped(self) -> None:
        """Start everything, wait for a stop signal, stop everything."""
        with Claims() as claims:
            with exclusive_choice():
                self._platform = assemble(self._home, self._options, self._environ, claims.choose)
                self._start()
            try:
                self._announce()
                self._supervise()
            finally:
                self._stop_all()

    def _start(self) -> None:
        platform, started = self._platform, time.monotonic()
        names = ", ".join(node.name for node in platform.nodes) or "the services"
        self._console.print(f"Starting {names} (data in {self._home.folder}) …")
        with ThreadPoolExecutor(max(1, len(platform.nodes))) as pool:
            starting = [pool.submit(node.start) for node in platform.nodes]
            try:
                self._start_services(platform, starting)
            except BaseException:
                # Ends the threads that wait for a node.
                self._stop_all()
                raise
        self._console.print(f"Ready after {time.monotonic() - started:.1f} s.")

    def _start_services(self, platform: Platform, nodes: list[Future[None]]) -> None:
        # MongoDB starts within a second, RabbitMQ within five: meanwhile the services import their modules.
        for future, node in zip(nodes, platform.nodes, strict=True):
            if isinstance(node, MongoNode):
                future.result()
        for process in (*platform.services, platform.gateway, platform.emulator):
            process.start()
        for future in nodes:
            future.result()
        for service in (*platform.services, platform.gateway):
            service.wait_ready(_READY_TIMEOUT_S)

    def _announce(self) -> None:
        platform = self._platform
        write_private(self._home.credentials, platform.credentials)
        if self._options.json:
            ready = {
                "url": platform.url,
                "project": platform.credentials["project"],
                "credentials": str(self._home.credentials),
                "logs": str(self._home.logs),
                "pid": os.getpid(),
            }
            sys.stdout.write(json.dumps(ready) + "\n")
            sys.stdout.flush()
        self._console.print(_greeting(self._options, platform, str(self._home.credentials), self._home.command()))

    def _supervise(self) -> None:
        platform = self._platform
        components: list[Component] = [*platform.nodes, *platform.services, platform.gateway, platform.emulator]
        supervisor = self._supervisor = Supervisor(components, self._report)
        next_rotation = time.monotonic()
        with contextlib.suppress(KeyboardInterrupt):
            while not self._stop.wait(_CHECK_EVERY_S):
                supervisor.check()
                if time.monotonic() > next_rotation:
                    for process in (*platform.services, platform.gateway, platform.emulator):
                        process.rotate_log()
                    next_rotation = time.monotonic() + _ROTATE_EVERY_S

    def _report(self, component: Component, what: str) -> None:
        ended = isinstance(component, WorkerProcess) and not component.is_running()
        how = f" ({component.ending()})" if isinstance(component, WorkerProcess) and ended else ""
        self._console.print(f"{component.name} {what}{how}", style="yellow")
        if isinstance(component, WorkerProcess) and ended:
            self._console.print(visible(component.last_lines()), style="dim")

    def _stop_all(self) -> None:
        """Stop the gateway and the services in parallel, then RabbitMQ and MongoDB. Safe to call twice."""
        platform = self._platform
        if self._supervisor is not None:
            self._supervisor.stop(_RESTART_TIMEOUT_S)
        processes = [platform.gateway, platform.emulator, *platform.services]
        if any(process.is_running() for process in [*processes, *platform.nodes]):
            self._console.print("Stopping …")
        for process in processes:
            process.ask_to_stop()
        for process in processes:
            process.stop()
        _stop_together(platform.nodes)


def _stop_together(nodes: list[RabbitNode | MongoNode]) -> None:
    threads = [threading.Thread(target=node.stop) for node in nodes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _greeting(options: Options, platform: Platform, credentials: str, command: str) -> str:
    key = platform.credentials["api_key"]
    entry = '{"service_id": "hello", "severity": "info", "message": "first light"}'
    lines = ["", f"  Logloop     {platform.url}     API {platform.url}/docs"]
    if options.port is None and not platform.url.endswith(f":{GATEWAY_PORT}"):
        lines.append(f"              (port {GATEWAY_PORT} is taken; choose another with --port)")
    if options.no_auth:
        lines.append("  Sign-in     none: every user of this machine is an administrator")
    else:
        lines.append(
            f"  Sign-in     {platform.credentials['email']} with password {platform.credentials['password']}"
        )
    lines += [f"  Listening   {address}" for address in options.listen]
    lines += [
        f"  First log   echo '{entry}' | {command} send",
        f"              {command} search light",
        f"              or: curl {platform.url}/api/v1/logs -H 'Authorization: Bearer {key}' \\",
        f"                    -H 'Content-Type: application/json' -d '{_example(platform)}'",
        f"  Credentials {credentials}",
        "  Stop        Ctrl-C (keeps the data)",
        "",
    ]
    return "\n".join(lines)


def _example(platform: Platform) -> str:
    return json.dumps(
        {
            "project_id": platform.credentials["project"],
            "service_id": "hello",
            "severity": "info",
            "message": "first light",
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
    )
