"""Child processes end with their parent and with all their descendants, and their output is kept."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from logloop.local.errors import CannotStart
from logloop.local.ports import free_port, is_free, is_listening
from logloop.local.processes import Child, clean_env, tail, wait_ready
from logloop.local.web_process import WebProcess
from logloop_chassis.testing import wait_until


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "Z"


def child(tmp_path: Path, *command: str) -> Child:
    return Child("test", command, clean_env(), tmp_path / "log" / "out.log", on_parent_death="KILL")


async def test_stopping_a_child_also_ends_its_descendants(tmp_path: Path) -> None:
    parent = child(tmp_path, "sh", "-c", "sleep 300 & echo $!; trap 'exit 0' TERM; wait")
    parent.start()
    await wait_until(lambda: parent.last_lines().strip().isdigit())
    grandchild = int(parent.last_lines())
    parent.stop()
    assert not parent.is_running()
    await wait_until(lambda: is_gone(grandchild))


async def test_a_program_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    stubborn = child(tmp_path, "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done")
    stubborn.start()
    await wait_until(lambda: "ready" in stubborn.last_lines())
    stubborn.stop(timeout_s=0.2)
    assert stubborn.exit_code() == -signal.SIGKILL


async def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    program = f"""
import pathlib, threading, time
from logloop.local.processes import Child, clean_env
child = Child("c", ["sleep", "300"], clean_env(), pathlib.Path({str(tmp_path / "c.log")!r}), on_parent_death="KILL")
# Started from a thread that ends at once: the child must live as long as the process, not as the thread.
starter = threading.Thread(target=child.start); starter.start(); starter.join()
print(child.pid, flush=True)
time.sleep(300)
"""
    parent = subprocess.Popen(  # noqa: ASYNC220  # nothing else runs on this loop
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent, parent.stdout:
        pid = int(parent.stdout.readline())
        # Before that it is setpriv, which may not have requested the signal yet.
        await wait_until(lambda: Path(f"/proc/{pid}/comm").read_text().strip() == "sleep")
        parent.kill()
    await wait_until(lambda: is_gone(pid))


def test_a_missing_program_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="program not found: /nowhere/program"):
        child(tmp_path, "/nowhere/program").start()


def test_the_error_of_a_failed_start_shows_the_last_output(tmp_path: Path) -> None:
    failing = child(tmp_path, "sh", "-c", "echo address already in use; exit 3")
    failing.start()
    with pytest.raises(CannotStart, match=r"exited with code 3 .*\n?.*address already in use"):
        wait_ready(failing, lambda: False, timeout_s=5)


def test_the_error_of_a_failed_service_start_shows_the_last_output_without_the_json(tmp_path: Path) -> None:
    frames = "\n".join(f'  File "frame{number}.py"' for number in range(30))
    output = tmp_path / "output"
    output.write_text(
        json.dumps({"level": "error", "message": f"Traceback:\n{frames}\nKeyError: 'x'\n"}) + "\nplain\n"
    )
    service = WebProcess(
        "query", ["sh", "-c", f"cat {output}; exit 3"], clean_env(), port=1, ready_path="/", log=tmp_path / "log",
        stop_timeout_s=1,
    )  # fmt: skip
    service.start()
    with pytest.raises(CannotStart) as ended:
        service.wait_ready(10)
    assert str(ended.value).endswith("frame29.py\"\n  KeyError: 'x'\nplain")
    assert "frame1.py" not in str(ended.value)


def test_a_service_is_not_ready_when_another_program_answers_at_its_port(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as stranger:
        threading.Thread(target=stranger.serve_forever, daemon=True).start()
        service = WebProcess(
            "query", ["sleep", "60"], clean_env(), port=stranger.server_port, ready_path="/", log=tmp_path / "log",
            stop_timeout_s=1,
        )  # fmt: skip
        service.start()
        try:
            assert service.is_ready(), "the stranger answers"
            with pytest.raises(CannotStart, match="query was not ready within 1 s"):
                service.wait_ready(1)
        finally:
            service.stop()
            stranger.shutdown()


def test_tail_returns_the_last_lines_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert tail(log, 3) == ""
    log.write_text("\n".join(str(number) for number in range(100_000)))
    assert tail(log, 2) == "99998\n99999"


def test_a_taken_port_is_detected_and_avoided() -> None:
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert not is_free(port)
        assert is_listening(port)
        assert free_port(port) != port
    assert free_port(port) == port


def test_chosen_ports_differ_and_are_not_used_by_outgoing_connections() -> None:
    first_ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = [free_port() for _ in range(50)]
    assert len(set(ports)) == len(ports)
    assert max(ports) < first_ephemeral
