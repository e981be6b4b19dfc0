"""Usage figures of a process tree include children that have ended."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from logloop_chassis.testing import wait_until

from benchmarks.processes import ProcessUsage, rss_bytes
from benchmarks.testbed import drop_from_page_cache

_PARENT_OF_A_BUSY_CHILD = "(while :; do :; done) & echo $!; read _; kill -9 $!; wait; echo ended; read _"


@contextmanager
def _parent() -> Iterator["subprocess.Popen[str]"]:
    pipe = subprocess.PIPE
    with subprocess.Popen(["sh", "-c", _PARENT_OF_A_BUSY_CHILD], stdin=pipe, stdout=pipe, text=True) as process:
        yield process
        process.kill()


def _line(process: "subprocess.Popen[str]", text: str = "") -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(text)
    process.stdin.flush()
    return process.stdout.readline().strip()


async def test_cpu_of_an_ended_child_is_counted() -> None:
    with _parent() as parent:
        child = psutil.Process(int(_line(parent)))
        begin = child.cpu_times().user
        with ProcessUsage({"broker": parent.pid}, interval_s=0.005) as usage:
            await wait_until(lambda: child.cpu_times().user > begin + 0.2)
            assert _line(parent, "end\n") == "ended"
        assert usage.cpu_s["broker"] >= 0.1
        assert usage.rss_peak["broker"] >= usage.rss_before["broker"] > 0


def _ended_process() -> psutil.Process:
    with subprocess.Popen(["sleep", "60"]) as process:
        found = psutil.Process(process.pid)
        process.kill()
    return found


def test_a_child_that_ends_between_two_samples_counts_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = _ended_process()
    monkeypatch.setattr(psutil.Process, "children", lambda *_, **__: [ended])
    assert rss_bytes(os.getpid()) > 0
    with ProcessUsage({"broker": os.getpid()}) as usage:
        pass
    assert usage.cpu_s["broker"] >= 0


def test_the_error_names_a_process_that_has_ended() -> None:
    pid = _ended_process().pid
    with pytest.raises(RuntimeError, match=f"process {pid} cannot be measured"):
        rss_bytes(pid)


def test_dropping_the_page_cache_ignores_a_file_that_vanishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "segment").write_bytes(b"data")
    monkeypatch.setattr(Path, "is_file", lambda path: not path.unlink())
    drop_from_page_cache(tmp_path)
    assert list(tmp_path.iterdir()) == []
