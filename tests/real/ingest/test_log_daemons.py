"""rsyslog, syslog-ng and logging libraries, as they are released, before a broker and an ingest that go away."""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from logloop.local.ports import free_port
from logloop_chassis.messaging.publisher import NotPublished
from logloop_chassis.testing import wait_until
from logloop_ingest.limits import Limits
from logloop_ingest.listeners.addresses import parse_address
from logloop_ingest.listeners.intake import Receiver
from logloop_ingest.listeners.listen_secrets import ListenSecrets
from logloop_ingest.listeners.opening import listening
from logloop_ingest.rate_limits import KeyLimits

from tests.unit.ingest.harness import Ingest, Keys, NoUsage, ingest_service

ROOT = Path(__file__).resolve().parents[3]
UNPACKED = ROOT / ".tools" / "log-daemons"
AWAY = NotPublished("unreachable", "RabbitMQ is unavailable")
Daemon = Callable[[Path, int], "subprocess.Popen[bytes]"]


@asynccontextmanager
async def ingest_at(address: str, keys: Keys | None = None, shared_key: str | None = None) -> AsyncIterator[Ingest]:
    """Ingest with one listener, before a broker that may go away."""
    async with ingest_service(keys=keys) as ingest:
        receiver = Receiver(ingest.accept, ingest.in_flight, KeyLimits(NoUsage()), Limits(), asyncio.Event())
        async with listening([parse_address(address)], receiver, ListenSecrets(shared_key=shared_key)):
            yield ingest


def numbers(ingest: Ingest) -> list[int]:
    return [int(log["message"].split()[-1]) for log in ingest.broker.logs]


def program(name: str) -> tuple[str, dict[str, str]]:
    """A daemon of this machine or of `scripts/setup.sh test`, and its environment; skips the test without one."""
    unpacked = UNPACKED / "usr" / "sbin" / name
    if unpacked.exists():
        folders = [
            *UNPACKED.glob("usr/lib/*-linux-gnu"),
            *UNPACKED.glob("lib/*-linux-gnu"),
            UNPACKED / "usr/lib/syslog-ng",
        ]
        return str(unpacked), {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, folders))}
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found, dict(os.environ)


def rsyslog(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    path, environ = program("rsyslogd")
    recipe = (ROOT / "examples/rsyslog/50-logloop.conf").read_text()
    assert '"5514"' in recipe
    (folder / "rsyslog.conf").write_text(
        f'global(workDirectory="{folder}")\nmodule(load="imuxsock" SysSock.Use="off")\n'
        f'input(type="imuxsock" Socket="{folder}/log" RateLimit.Interval="0")\n'
        + recipe.replace('"5514"', f'"{port}"')
    )
    modules = [f"-M{found}" for found in UNPACKED.glob("usr/lib/*-linux-gnu/rsyslog")]
    command = [path, "-n", "-iNONE", "-f", str(folder / "rsyslog.conf"), *modules]
    return subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def syslog_ng(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    path, environ = program("syslog-ng")
    recipe = (ROOT / "examples/syslog-ng/logloop.conf").read_text()
    assert "port(5514)" in recipe
    (folder / "syslog-ng.conf").write_text(
        "@version: 3.35\noptions { keep-hostname(yes); stats-freq(0); time-reopen(1); };\n"
        f'source s_src {{ unix-dgram("{folder}/log"); }};\n' + recipe.replace("port(5514)", f"port({port})")
    )
    modules = [f"--module-path={found}" for found in UNPACKED.glob("usr/lib/syslog-ng/3*")]
    options = [f"--persist-file={folder}/persist", f"--pidfile={folder}/pid", f"--control={folder}/ctl", *modules]
    command = [path, "-F", "--no-caps", "-f", str(folder / "syslog-ng.conf"), *options]
    return subprocess.Popen(command, env=environ, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def daemon(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A running daemon: the socket that it reads, and the port that it sends to."""
    start: Daemon = request.param
    port = free_port()
    process = start(tmp_path, port)
    try:
        yield tmp_path / "log", port
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        process.kill()
        process.wait()


async def write(path: Path, first: int, last: int) -> None:
    """Log numbered messages through the socket of a daemon, as syslog(3) does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.connect(str(path))
        for number in range(first, last):
            await asyncio.to_thread(log.send, f"<13>Nov 22 10:00:00 shop[7]: number {number}".encode())


@pytest.mark.parametrize("daemon", [rsyslog, syslog_ng], indirect=True)
async def test_a_daemon_loses_nothing_while_the_broker_and_then_ingest_are_away(daemon: tuple[Path, int]) -> None:
    log, port = daemon
    address = f"syslog+tcp://127.0.0.1:{port}?project=shop"
    await wait_until(log.exists, timeout_s=30)
    async with ingest_at(address) as ingest:
        await write(log, 0, 300)
        await wait_until(lambda: len(numbers(ingest)) == 300, timeout_s=60)
        ingest.broker.failure = AWAY
        await write(log, 300, 1000)
        await wait_until(lambda: ingest.broker.seen > 3)
        ingest.broker.failure = None
        await wait_until(lambda: len(numbers(ingest)) == 1000, timeout_s=60)
        assert sorted(numbers(ingest)) == list(range(1000))
        first = ingest.broker.logs[0]
    assert (first["service_id"], first["severity"]) == ("shop", "info")
    await write(log, 1000, 1300)
    async with ingest_at(address) as ingest:
        await wait_until(lambda: 1299 in numbers(ingest), timeout_s=90)
        assert sorted(set(numbers(ingest))) == list(range(1000, 1300))


@pytest.mark.parametrize("daemon", [rsyslog], indirect=True)
async def test_logger_through_rsyslog(daemon: tuple[Path, int]) -> None:
    if shutil.which("logger") is None:
        pytest.skip("logger is not installed")
    log, port = daemon
    await wait_until(log.exists, timeout_s=30)
    async with ingest_at(f"syslog+tcp://127.0.0.1:{port}?project=shop") as ingest:
        command = ["logger", "-u", str(log), "-t", "backup", "-p", "daemon.err", "disk is full"]
        await asyncio.to_thread(subprocess.run, command, check=True)
        await wait_until(lambda: ingest.broker.logs, timeout_s=60)
    [entry] = ingest.broker.logs
    assert (entry["service_id"], entry["severity"], entry["message"]) == ("backup", "error", "disk is full")


# -- libraries


async def run_python(code: str, *arguments: object) -> None:
    command = [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)]
    await asyncio.to_thread(subprocess.run, command, check=True, timeout=60)


LIBRARIES: dict[str, tuple[str, str, str]] = {
    "rfc5424-logging-handler": (
        "syslog+tcp",
        "from rfc5424logging import Rfc5424SysLogHandler",
        "Rfc5424SysLogHandler(address=('127.0.0.1', port), socktype=socket.SOCK_STREAM, appname='app')",
    ),
    "SysLogHandler": (
        "syslog+udp",
        "from logging.handlers import SysLogHandler",
        "SysLogHandler(('127.0.0.1', port)); handler.ident = 'app: '",
    ),
    "pygelf over UDP": (
        "gelf+udp",
        "from pygelf import GelfUdpHandler",
        "GelfUdpHandler('127.0.0.1', port, chunk_size=100, _app='app')",
    ),
    "pygelf over TCP": (
        "gelf+tcp",
        "from pygelf import GelfTcpHandler",
        "GelfTcpHandler('127.0.0.1', port, _app='app')",
    ),
    "fluent-logger": (
        "forward+tcp",
        "from fluent.handler import FluentHandler, FluentRecordFormatter",
        "FluentHandler('app', port=port); handler.setFormatter(FluentRecordFormatter({'level': '%(levelname)s'}))",
    ),
}
SENDING = (
    "log = logging.getLogger('app')\nlog.setLevel('DEBUG')\nlog.addHandler(handler)\n"
    "for n in range(20): log.warning('Grüße %d', n)\nhandler.close()\n"
)


@pytest.mark.parametrize("name", LIBRARIES)
async def test_a_library_sends_text_severity_and_service(name: str) -> None:
    door, library, handler = LIBRARIES[name]
    code = f"import logging, socket, sys\n{library}\nport = int(sys.argv[1])\nhandler = {handler}\n"
    port = free_port()
    async with ingest_at(f"{door}://127.0.0.1:{port}?project=shop&service=fallback") as ingest:
        await run_python(code + SENDING, port)
        await wait_until(lambda: len(ingest.broker.logs) == 20, timeout_s=30)
        logs: list[dict[str, Any]] = ingest.broker.logs
    assert sorted(numbers(ingest)) == list(range(20))
    assert {log["message"].split()[0] for log in logs} == {"Grüße"}
    assert {log["severity"] for log in logs} == {"warn"}
    assert {log["service_id"] for log in logs} == {"app"} if name != "fluent-logger" else {"fallback"}
