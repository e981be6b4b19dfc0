"""`logloop run` as a real process, with pipes and on a terminal, against a scripted platform."""

from __future__ import annotations

import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.ingest_api import Answer, IngestApi, Request, wait_until

COMMAND = [sys.executable, "-W", "error", "-m", "logloop.cli"]


@pytest.fixture(autouse=True)
def _state(environ: dict[str, str], tmp_path: Path) -> None:
    environ["XDG_STATE_HOME"] = str(tmp_path / "state")
    for name in [name for name in environ if name.startswith("GITHUB_")]:
        del environ[name]


def run(environ: dict[str, str], *arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, "run", *arguments], env=environ, capture_output=True, timeout=100, **options)


def python(code: str) -> list[str]:
    return ["--", sys.executable, "-c", code]


def logged(api: IngestApi, source: str) -> list[str]:
    return [entry["message"] for entry in api.entries if entry["source"] == source]


def test_the_output_is_shown_unchanged_and_logged_by_stream_with_start_and_end(
    api: IngestApi, environ: dict[str, str]
) -> None:
    code = "import sys; print('one'); sys.stdout.buffer.write(b'\\xff\\x1b[31mtwo\\x1b[0m\\n'); 1 / 0"

    done = run(environ, "--attribute", "release=v1", "--test-id", "t1", "--run-id", "r7", *python(code))

    assert (done.returncode, done.stdout) == (1, b"one\n\xff\x1b[31mtwo\x1b[0m\n")
    assert done.stderr.endswith(b"ZeroDivisionError: division by zero\n")
    assert b"logloop:" not in done.stderr
    assert logged(api, "stdout") == ["one", "ÿtwo"]
    [trace] = [entry for entry in api.entries if entry["source"] == "stderr"]
    assert trace["message"].startswith("Traceback (most recent call last):\n")
    assert (trace["severity"], trace["attributes"]["exception.type"]) == ("error", "ZeroDivisionError")
    begun, *_, ended = api.entries
    assert begun["message"].startswith("started: ")
    assert (begun["attributes"]["process.event"], begun["attributes"]["release"]) == ("started", "v1")
    assert ended["message"].startswith("exited with code 1 after ")
    assert (ended["severity"], ended["attributes"]["process.exit_code"]) == ("error", 1)
    assert ended["attributes"]["process.duration_s"] > 0
    assert ended["attributes"]["process.peak_memory_bytes"] > 2**20
    assert {entry["test_id"] for entry in api.entries} == {"t1"}
    assert {entry["attributes"]["test.run_id"] for entry in api.entries} == {"r7"}
    assert len({entry["attributes"]["process.pid"] for entry in api.entries}) == 1


def test_stdin_is_that_of_the_command_and_tools_inside_send_to_the_same_place(
    api: IngestApi, environ: dict[str, str]
) -> None:
    del environ["LOGLOOP_SERVICE"]
    code = "import os, sys; print(sys.stdin.read(), os.environ['LOGLOOP_SERVICE'], os.environ['LOGLOOP_RUN_ID'])"

    done = run(environ, "--service", "job", "--run-id", "r8", *python(code), input=b"typed")

    assert done.stdout == b"typed job r8\n"
    assert {entry["service_id"] for entry in api.entries} == {"job"}
    run(environ, "--", "true")
    assert api.entries[-1]["service_id"] == "true"


@pytest.mark.parametrize(
    ("words", "code", "said"), [(["no-such"], 127, b"no program 'no-such'"), (["/"], 126, b"'/'")]
)
def test_a_command_that_cannot_be_started_exits_as_in_a_shell(
    environ: dict[str, str], words: list[str], code: int, said: bytes
) -> None:
    done = run(environ, "--", *words)
    assert (done.returncode, said in done.stderr) == (code, True)


def test_without_a_project_the_command_runs_all_the_same(api: IngestApi, environ: dict[str, str]) -> None:
    del environ["LOGLOOP_PROJECT"]
    done = run(environ, *python("print('ran'); raise SystemExit(4)"))
    assert (done.returncode, done.stdout) == (4, b"ran\n")
    assert b"will not be logged. No project is set" in done.stderr
    assert api.entries == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_signals_reach_the_command_once(api: IngestApi, environ: dict[str, str], number: signal.Signals) -> None:
    code = (
        "import signal, sys, time\n"
        "def caught(number, frame): print('got', number, flush=True); time.sleep(0.2); sys.exit(9)\n"
        f"signal.signal({number.value}, caught); print('ready', flush=True); signal.pause()"
    )
    process = subprocess.Popen(
        [*COMMAND, "run", *python(code)], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(number)
    rest, _ = process.communicate(timeout=100)
    assert (process.returncode, rest) == (9, b"got %d\n" % number)
    assert logged(api, "stdout") == ["ready", f"got {number.value}"]


def test_a_command_that_a_signal_ends_is_reported_as_a_shell_does(api: IngestApi, environ: dict[str, str]) -> None:
    done = run(environ, *python("import os; os.kill(os.getpid(), 9)"))
    assert done.returncode == 137
    assert api.entries[-1]["message"].startswith("ended by SIGKILL after")
    assert api.entries[-1]["attributes"]["process.signal"] == "SIGKILL"


# -- terminals


@pytest.fixture
def on_terminal(environ: dict[str, str]) -> Iterator[Callable[..., tuple[int, int]]]:
    """Start `logloop run` on a terminal of 33 lines and 77 columns; returns its process id and our end."""
    started: list[tuple[int, int]] = []

    def start(*arguments: str) -> tuple[int, int]:
        pid, terminal = pty.fork()
        if pid == 0:
            termios.tcsetwinsize(1, (33, 77))
            os.execve(sys.executable, [*COMMAND, "run", *arguments], environ)  # noqa: S606 - a terminal for it alone
        started.append((pid, terminal))
        return pid, terminal

    yield start
    for _, terminal in started:
        os.close(terminal)


def read_until(terminal: int, end: bytes | None) -> bytes:
    """Return what is printed up to some text; with None, up to the end."""
    shown = b""
    while end is None or end not in shown:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:  # the end
            chunk = b""
        if not chunk:
            break
        shown += chunk
    return shown


def exit_code(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_on_a_terminal_the_command_has_terminals_of_the_same_size_and_prompts_appear_at_once(
    api: IngestApi, on_terminal: Callable[..., tuple[int, int]]
) -> None:
    code = (
        "import os, sys; print(*(os.isatty(n) for n in (0, 1, 2)), *os.get_terminal_size(1)); "
        "print('\\x1b[32m10%\\r\\x1b[32m99%', flush=True); print('name? ', end='', flush=True); "
        "print('hello', sys.stdin.readline().strip(), file=sys.stderr)"
    )
    pid, terminal = on_terminal(*python(code))
    shown = read_until(terminal, b"name? ")
    assert shown == b"True True True 77 33\r\n\x1b[32m10%\r\x1b[32m99%\r\nname? "
    os.write(terminal, b"Ada\n")
    assert read_until(terminal, None) == b"Ada\r\nhello Ada\r\n"
    assert exit_code(pid) == 0
    assert logged(api, "stdout") == ["True True True 77 33", "99%", "name? "]
    assert logged(api, "stderr") == ["hello Ada"]


def test_no_pty_lets_the_command_print_on_pipes(api: IngestApi, on_terminal: Callable[..., tuple[int, int]]) -> None:
    pid, terminal = on_terminal("--no-pty", *python("import os; print(os.isatty(1), os.isatty(2))"))
    assert read_until(terminal, None) == b"False False\r\n"
    assert exit_code(pid) == 0
    assert logged(api, "stdout") == ["False False"]


def test_a_window_that_changes_and_ctrl_c_reach_the_command_once(
    api: IngestApi, on_terminal: Callable[..., tuple[int, int]]
) -> None:
    code = (
        "import os, signal, sys, time\n"
        "def size(*_): os.write(1, b'columns %d\\n' % os.get_terminal_size(1).columns)\n"
        "def stop(*_): os.write(1, b'stopped\\n'); time.sleep(0.3); sys.exit(5)\n"
        "signal.signal(signal.SIGWINCH, size); signal.signal(signal.SIGINT, stop); print('ready', flush=True)\n"
        "while True: signal.pause()"
    )
    pid, terminal = on_terminal(*python(code))
    read_until(terminal, b"ready")
    termios.tcsetwinsize(terminal, (20, 50))
    assert b"columns 50" in read_until(terminal, b"columns 50")
    os.write(terminal, b"\x03")
    rest = read_until(terminal, None)
    assert rest.count(b"stopped") == 1
    assert exit_code(pid) == 5
    assert logged(api, "stdout").count("stopped") == 1


# -- outages


def test_what_could_not_be_sent_is_kept_and_sent_later_once(api: IngestApi, environ: dict[str, str]) -> None:
    def store_and_fail(request: Request) -> Answer:
        api._store(request)
        return Answer(503, {"title": "Unavailable"}, {"Retry-After": "0"})

    api.answers["POST", "/api/v1/logs"] = store_and_fail
    done = run(environ, "--wait", "0.1", *python("for n in range(2500): print(n)"))
    assert done.returncode == 0
    assert done.stdout.count(b"\n") == 2500
    text = done.stderr.decode()
    assert "2502 logs were not sent yet" in text
    again = re.search(r"To send them: logloop (.*)", text)
    assert again
    assert len(api.entries) < 2502, "only what was stored although its confirmation was lost"

    api.answers.clear()
    sent = subprocess.run(
        [*COMMAND, *shlex.split(again[1])], env=environ, capture_output=True, text=True, timeout=100
    )
    assert (sent.returncode, "2502 sent" in sent.stderr) == (0, True), (sent.stderr, text)
    assert logged(api, "stdout") == [str(n) for n in range(2500)]
    assert not Path(shlex.split(again[1])[-1]).exists(), "nothing is left"


def test_the_command_is_not_slowed_by_an_outage_and_everything_arrives_after_it(
    api: IngestApi, environ: dict[str, str]
) -> None:
    api.away = True
    process = subprocess.Popen(
        [*COMMAND, "run", "--wait", "60", *python("for n in range(20000): print(n)")],
        env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    assert process.stderr
    assert len(process.stdout.read().splitlines()) == 20_000
    assert b"the logs wait until they can be sent" in process.stderr.readline()
    assert api.entries == []
    api.away = False
    process.communicate(timeout=100)
    assert process.returncode == 0
    assert logged(api, "stdout") == [str(n) for n in range(20_000)]


def test_a_second_interrupt_ends_the_wait_for_the_platform(api: IngestApi, environ: dict[str, str]) -> None:
    api.away = True
    process = subprocess.Popen(
        [*COMMAND, "run", "--wait", "90", *python("print('done')")],
        env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr
    assert process.stdout
    assert process.stdout.read() == b"done\n"
    assert b"the logs wait" in process.stderr.readline()
    wait_until(lambda: len(api.requests) > 2)
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"3 logs were not sent yet" in complaint


# -- odd endings


def test_a_reader_that_exits_ends_the_command_as_without_us(environ: dict[str, str]) -> None:
    command = shlex.join([*COMMAND, "run", "--", "sh", "-c", "while echo y; do :; done"])
    done = subprocess.run(
        ["bash", "-c", f"{command} | head -n 1; echo ${{PIPESTATUS[0]}}"],
        env=environ,
        capture_output=True,
        timeout=100,
    )
    assert done.stdout == b"y\n141\n"


def test_a_process_that_is_left_behind_does_not_hold_us(api: IngestApi, environ: dict[str, str]) -> None:
    done = run(environ, "--", "sh", "-c", "sleep 60 & echo $!")
    os.kill(int(done.stdout), signal.SIGKILL)
    assert done.returncode == 0
    assert api.entries[-1]["attributes"]["process.left_behind"] is True
