"""Figures of a process tree survive the end of its children."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from logloop_chassis.testing import wait_until

from benchmarks.processes import Watch, rss_bytes
from benchmarks.stage import drop_from_page_cache

_PARENT_OF_A_BUSY_CHILD = "(while :; do :; done) & echo $!; read _; kill -9 $!; wait; echo ended; read _"


@contextmanager
def _parent() -> Iterator["subprocess.Popen[str]"]:
    pipe = subprocess.PIPE
    with subprocess.Popen(["sh", "-c", _PARENT_OF_A_BUSY_CHILD], stdin=pipe, stdout=pipe, text=True) as process:
        yield process
        process.kill()


def _line(process: "subprocess.Popen[str]", say: str = "") -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(say)
    process.stdin.flush()
    return process.stdout.readline().strip()


async def test_a_child_that_ends_keeps_its_cpu_in_the_figures() -> None:
    with _parent() as parent:
        child = psutil.Process(int(_line(parent)))
        begin = child.cpu_times().user
        with Watch({"broker": parent.pid}, every_s=0.005) as watch:
            await wait_until(lambda: child.cpu_times().user > begin + 0.2)
            assert _line(parent, "end\n") == "ended"
        assert watch.cpu_s["broker"] >= 0.1
        assert watch.rss_peak["broker"] >= watch.rss_before["broker"] > 0


def _ended() -> psutil.Process:
    with subprocess.Popen(["sleep", "60"]) as process:
        found = psutil.Process(process.pid)
        process.kill()
    return found


def test_a_child_that_ends_between_two_looks_has_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = _ended()
    monkeypatch.setattr(psutil.Process, "children", lambda *_, **__: [gone])
    assert rss_bytes(os.getpid()) > 0
    with Watch({"broker": os.getpid()}) as watch:
        pass
    assert watch.cpu_s["broker"] >= 0


def test_a_process_that_has_ended_is_named() -> None:
    pid = _ended().pid
    with pytest.raises(RuntimeError, match=f"process {pid} cannot be measured"):
        rss_bytes(pid)


def test_a_file_that_vanishes_does_not_end_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "segment").write_bytes(b"data")
    monkeypatch.setattr(Path, "is_file", lambda path: not path.unlink())
    drop_from_page_cache(tmp_path)
    assert list(tmp_path.iterdir()) == []
