"""Workflows that attack their machine are contained, reported and gone."""

import os
import socket
import sys
import time
from pathlib import Path

import psutil
import pytest
from logloop_contracts.emulation import EmulatedRun
from logloop_emulator.sandbox.launcher import Program, SandboxUnavailable, run, stage
from logloop_emulator.sandbox.limits import Limits, control_group

from tests.real.emulator.conftest import Emulate


def output(result: EmulatedRun) -> str:
    return "\n".join(job.log for job in result.jobs)


def codes(result: EmulatedRun) -> set[str]:
    return {finding.code for finding in result.findings}


def processes_with(text: str) -> list[int]:
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if any(text in argument for argument in process.info["cmdline"] or ())
    ]


def stages(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("logloop-emulation-*")}


def test_a_step_sees_neither_environment_nor_files_nor_processes_of_the_host(
    emulate: Emulate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOST_SECRET", "from-the-environment")
    (tmp_path / "secret").write_text("from-the-disk")
    result = emulate(
        f"env\ncat {tmp_path}/secret /etc/shadow /root/.bashrc || true\nls / /root /home /var || true\n"
        "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n'\n"
        "grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status\n"
        "unshare --user true || echo no namespace\ntouch /usr/x || echo no write"
    )
    text = output(result)
    assert result.conclusion == "success", text
    assert "from-the" not in text
    assert "emulator/test_sandbox" not in text
    assert sys.executable not in text
    assert f"CapEff:\t{'0' * 16}" in text
    assert f"CapBnd:\t{'0' * 16}" in text
    assert "NoNewPrivs:\t1" in text
    assert "no namespace" in text
    assert "no write" in text


def test_a_step_reaches_no_network_not_even_this_machine(emulate: Emulate) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = emulate(
            f"(echo > /dev/tcp/127.0.0.1/{port}) 2>&1 || echo local refused\n"
            "(echo > /dev/tcp/192.0.2.1/80) 2>&1 || echo remote refused"
        )
    assert "local refused" in output(result)
    assert "remote refused" in output(result)
    assert result.conclusion == "success"


def test_the_network_is_there_when_it_is_allowed(emulate: Emulate) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = emulate(f"echo > /dev/tcp/127.0.0.1/{port} && echo reached", network=True)
    assert "reached" in output(result)


def test_processes_that_leave_their_session_end_with_the_run(emulate: Emulate) -> None:
    mark = f"86{os.getpid()}"
    result = emulate(
        f"setsid nohup sleep {mark} > /dev/null 2>&1 &\n(setsid sleep {mark} &) > /dev/null 2>&1\necho started"
    )
    assert "started" in output(result)
    assert result.conclusion == "success"
    assert processes_with(mark) == []


def test_a_run_that_never_ends_is_ended_and_reported(emulate: Emulate, temporary_files: Path) -> None:
    mark = f"87{os.getpid()}"
    result = emulate(
        f"trap '' TERM INT\nsetsid sleep {mark} &\nwhile true; do sleep {mark}; done", limits={"wall_s": 3.0}
    )
    assert result.conclusion == "timed_out"
    assert "time-limit" in codes(result)
    assert [job.conclusion for job in result.jobs] == ["cancelled"]
    assert processes_with(mark) == []
    assert stages(temporary_files) == set()


def test_a_fork_bomb_is_contained(emulate: Emulate) -> None:
    mark = f"88{os.getpid()}"
    result = emulate(
        f"for i in $(seq 400); do sleep {mark} & done 2>&1 | tail -n 3\nexit 7",
        limits={"processes": 64, "wall_s": 4.0},
    )
    assert result.conclusion in ("failure", "timed_out")
    assert processes_with(mark) == []


def test_a_full_disk_is_that_of_the_run_only(emulate: Emulate, temporary_files: Path) -> None:
    result = emulate(
        "dd if=/dev/zero of=/work/big bs=1M count=400 2>&1 || true\n"
        "dd if=/dev/zero of=/tmp/big bs=1M count=400 2>&1 || true\ndf -m /work | tail -n 1",
        limits={"disk_bytes": 128 * 1024 * 1024},
    )
    assert "No space left on device" in output(result)
    assert stages(temporary_files) == set()


def test_memory_is_limited(emulate: Emulate) -> None:
    result = emulate("python3 -c 'x = bytearray(900 * 1024 * 1024)'", limits={"memory_bytes": 512 * 1024 * 1024})
    assert result.conclusion == "failure"
    assert "MemoryError" in output(result)


def test_endless_output_is_cut_and_reported(emulate: Emulate) -> None:
    result = emulate("yes", limits={"output_bytes": 500_000})
    assert "output-limit" in codes(result)
    assert result.conclusion == "failure"
    assert len(output(result)) < 1_000_000


def test_nothing_runs_on_after_the_emulator_is_killed(temporary_files: Path) -> None:
    mark = f"89{os.getpid()}"
    child = os.fork()
    if child == 0:
        with stage() as place:
            script = f"setsid sleep {mark} & sleep {mark}"
            run(Program(Path("/bin/sh"), ("-c", script)), place, Limits(), lambda _: None)
        os._exit(0)
    deadline = time.monotonic() + 20
    while len(processes_with(mark)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_with(mark)
    os.kill(child, 9)
    os.waitpid(child, 0)
    while processes_with(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_with(mark) == []
    assert stages(temporary_files), "a killed emulator leaves its files"
    with stage() as place:
        assert stages(temporary_files) == {place.folder.name}, "the next run removes the files"


def test_without_namespaces_it_refuses_and_says_what_to_enable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logloop_emulator.sandbox.launcher._NAMESPACES", ("--user", "--map-root-user", "--nonsense"))
    with stage() as place, pytest.raises(SandboxUnavailable, match="max_user_namespaces"):
        run(Program(Path("/bin/true"), ()), place, Limits(), lambda _: None)


def test_a_cgroup_limits_all_processes_together_where_one_can_be_created(tmp_path: Path) -> None:
    real_mkdir = Path.mkdir

    def mkdir(path: Path) -> None:
        real_mkdir(path)
        for name in ("memory.max", "pids.max", "memory.swap.max", "cgroup.procs"):
            (path / name).touch()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "mkdir", mkdir)
        with control_group(Limits(memory_bytes=1234, processes=10), tmp_path) as prefix:
            [group] = tmp_path.iterdir()
            assert (group / "memory.max").read_text() == "1234"
            assert (group / "pids.max").read_text() == "26"
            assert prefix[-1] == str(group)
    with control_group(Limits(), tmp_path / "missing") as prefix:
        assert prefix == ()
