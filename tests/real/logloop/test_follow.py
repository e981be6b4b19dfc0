"""`logloop send --follow` across growth, rotation, truncation and crashes: every line is stored once."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from logloop.local.ports import free_port

from tests.fakes.ingest_api import Answer, IngestApi, Request, wait_until

Follow = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def follow(environ: dict[str, str], tmp_path: Path) -> Iterator[Follow]:
    started: list[subprocess.Popen[str]] = []

    def start(*paths: Path, options: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "logloop.cli", "send", "-f", "--checkpoint-dir", str(tmp_path / "positions")]
        process = subprocess.Popen(
            [*command, *options, *map(str, paths)], env=environ, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def stop(process: subprocess.Popen[str], number: int = signal.SIGINT) -> str:
    process.send_signal(number)
    return process.communicate(timeout=100)[1]


def test_appended_lines_arrive_and_an_incomplete_line_waits_for_its_end(
    api: IngestApi, follow: Follow, tmp_path: Path
) -> None:
    path = tmp_path / "app.log"
    path.write_text("one\ntwo\nthr")
    process = follow(path)
    wait_until(lambda: api.messages == ["one", "two"])
    append(path, "ee\nfour\n")
    wait_until(lambda: api.messages == ["one", "two", "three", "four"])
    assert stop(process) == ""
    assert process.returncode == 130


def test_a_missing_file_is_awaited(api: IngestApi, follow: Follow, tmp_path: Path) -> None:
    path = tmp_path / "later.log"
    process = follow(path, options=("--service", "late"))
    assert process.stderr
    assert f"{path} does not exist" in process.stderr.readline()
    path.write_text("hello\n")
    wait_until(lambda: api.messages == ["hello"])
    assert api.entries[0]["service_id"] == "late"


def test_a_renamed_file_is_read_to_its_end_and_the_new_one_from_its_start(
    api: IngestApi, follow: Follow, tmp_path: Path
) -> None:
    path = tmp_path / "app.log"
    path.write_text("a1\na2\n")
    follow(path)
    wait_until(lambda: api.messages == ["a1", "a2"])
    path.rename(tmp_path / "app.log.1")
    path.write_text("b1\n")
    append(tmp_path / "app.log.1", "a3 written after the rename\n")
    wait_until(lambda: "b1" in api.messages)
    append(path, "b2\n")
    wait_until(lambda: "b2" in api.messages)
    assert api.messages == ["a1", "a2", "a3 written after the rename", "b1", "b2"]


def test_a_truncated_file_is_read_from_its_start(api: IngestApi, follow: Follow, tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text("a long first line\nand a second\n")
    follow(path)
    wait_until(lambda: len(api.messages) == 2)
    path.write_text("new\n")
    wait_until(lambda: api.messages[2:] == ["new"])
    path.write_text("other text that is much longer than everything that was in the file before it was emptied\n")
    wait_until(lambda: len(api.messages) == 4)


def test_a_restart_resumes_even_when_the_file_was_rotated_in_between(
    api: IngestApi, follow: Follow, tmp_path: Path
) -> None:
    path = tmp_path / "app.log"
    path.write_text("a1\n")
    process = follow(path)
    wait_until(lambda: api.messages == ["a1"])
    stop(process, signal.SIGTERM)
    append(path, "a2\n")
    path.rename(tmp_path / "app.log.1")
    path.write_text("b1\n")
    follow(path)
    wait_until(lambda: "b1" in api.messages)
    assert api.messages == ["a1", "a2", "b1"]


def test_from_end_skips_the_existing_content(api: IngestApi, follow: Follow, tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text("old\n")
    process = follow(path, options=("--from-end",))
    wait_until(partial(_is_open, process, path))
    append(path, "new\n")
    wait_until(lambda: api.messages == ["new"])


def _is_open(process: subprocess.Popen[str], path: Path) -> bool:
    """Whether the process has the file open. It may close other files meanwhile."""
    for link in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            if link.readlink() == path:
                return True
    return False


def test_a_batch_whose_response_was_lost_in_a_crash_is_resent_with_its_key(
    api: IngestApi, follow: Follow, tmp_path: Path
) -> None:
    path = tmp_path / "app.log"
    path.write_text("one\n  more of one\ntwo\n")

    def store_and_stay_silent(request: Request) -> Answer:
        api.answers.clear()
        stored = api._store(request)
        return Answer(stored.status, stored.body, hang=30)

    api.answers["POST", "/api/v1/logs"] = store_and_stay_silent
    process = follow(path)
    wait_until(lambda: len(api.entries) == 2)
    process.kill()
    process.wait()
    append(path, "three\n")
    follow(path)
    wait_until(lambda: "three" in api.messages)

    assert api.messages == ["one\n  more of one", "two", "three"]
    first, again = api.requests[0], api.requests[1]
    assert first.headers["idempotency-key"] == again.headers["idempotency-key"]
    assert first.entries == again.entries


def test_kills_at_any_moment_neither_lose_nor_duplicate_lines(api: IngestApi, follow: Follow, tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.touch()
    number = 0
    for round_number in range(4):
        process = follow(path)
        seen = len(api.requests)
        for _ in range(40):
            append(path, f"line {number}\n")
            number += 1
        wait_until(partial(_has_more_requests, api, seen))
        process.kill()
        process.wait()
        if round_number == 2:
            path.rename(tmp_path / "app.log.1")
            path.touch()
    follow(path)
    wait_until(lambda: len(api.messages) >= number)
    assert sorted(api.messages) == sorted(f"line {n}" for n in range(number))


def _has_more_requests(api: IngestApi, than: int) -> bool:
    return len(api.requests) > than


def test_records_of_two_streams_survive_a_kill_and_are_stored_once(
    api: IngestApi, follow: Follow, tmp_path: Path
) -> None:
    path = tmp_path / "pod.log"
    time = "2026-11-22T10:00:00.1Z"
    path.write_text(f"{time} stderr F ERROR x\n{time} stdout F one\n{time} stderr F   more\n{time} stdout P tw\n")
    process = follow(path)
    wait_until(lambda: len(api.messages) == 3)
    process.kill()
    process.wait()
    append(path, f"{time} stdout F two\n{time} stderr F last\n")
    stop_when = ["ERROR x\n  more", "one", "tw", "two", "last"]
    process = follow(path)
    wait_until(lambda: len(api.messages) == len(stop_when))
    stop(process)
    assert api.messages == stop_when


def test_lines_wait_while_the_platform_is_unreachable_and_that_is_reported_once(
    environ: dict[str, str], follow: Follow, tmp_path: Path
) -> None:
    path = tmp_path / "app.log"
    path.write_text("one\n")
    port = free_port()
    environ["LOGLOOP_URL"] = f"http://127.0.0.1:{port}"
    process = follow(path)
    assert process.stderr
    assert "waiting for the platform" in process.stderr.readline()
    with _platform(port) as api:
        wait_until(lambda: api.messages == ["one"])
        assert "is available again" in process.stderr.readline()


def test_a_rejected_key_exits_with_3(api: IngestApi, follow: Follow, tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text("one\n")
    api.answers["POST", "/api/v1/logs"] = Answer(401, {"title": "Unauthorized", "detail": "the key was revoked"})
    process = follow(path)
    _, complaint = process.communicate(timeout=100)
    assert process.returncode == 3
    assert "the key was revoked" in complaint


@contextmanager
def _platform(port: int) -> Iterator[IngestApi]:
    with IngestApi().serve(port) as api:
        yield api
