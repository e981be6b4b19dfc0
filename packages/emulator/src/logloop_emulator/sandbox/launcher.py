"""Starts a program in a sandbox, reads its output within limits and ends everything that it started."""

import contextlib
import fcntl
import os
import secrets
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from logloop_emulator.sandbox.limits import Limits, control_group

Ending = Literal["exited", "time", "output", "stopped"]
_INSIDE = Path(__file__).with_name("inside.sh")
_FIRST_UID, _UIDS = 1_900_000_000, 90_000_000
_TICK_S = 0.25
_END_S = 30.0
_PREFIX, _LOCK = "logloop-emulation-", "lock"
_NAMESPACES = ("--user", "--map-root-user", "--mount", "--pid", "--ipc", "--uts", "--cgroup")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class SandboxUnavailable(Exception):
    """This machine does not permit the namespaces; the text says what to enable."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: the host's path of the program, its arguments and its whole environment."""

    path: Path
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    network: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. `exit_code` is None unless the program ended by itself."""

    ending: Ending
    exit_code: int | None
    errors: str


@dataclass
class Stage:
    """The folder from which the sandbox is filled: `checkout` becomes /work, `input` /sandbox/input."""

    folder: Path
    uid: int

    @property
    def checkout(self) -> Path:
        """The files of the repository."""
        return self.folder / "checkout"

    @property
    def input(self) -> Path:
        """Further files for the program."""
        return self.folder / "input"


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """Yield an empty stage, and remove it. Removes also those of processes that were killed."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        _remove_if_left(left)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = (folder / _LOCK).open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Each run of root has a user of its own, so that runs cannot see or signal each other.
        uid = _FIRST_UID + secrets.randbelow(_UIDS) if os.geteuid() == 0 else os.geteuid()
        for name in ("checkout", "input", "root", "etc"):
            (folder / name).mkdir()
        yield Stage(folder, uid)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.close()


def _remove_if_left(folder: Path) -> None:
    """Remove a stage whose process has ended: the kernel has released its lock."""
    with contextlib.suppress(OSError), (folder / _LOCK).open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)


def run(
    program: Program,
    place: Stage,
    limits: Limits,
    on_line: Callable[[bytes], None],
    tick: Callable[[], bool] = lambda: True,
) -> Ended:
    """Run a program in the sandbox. `on_line` gets each line of its output; the run stops when `tick` returns False.

    `tick` is called several times a second. Raises SandboxUnavailable.
    """
    _fill(place, program)
    with control_group(limits) as grouped, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [*grouped, *_command(program, place, limits)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=place.folder,
            env={"PATH": _PATH, **program.environment},
            start_new_session=True,
        )
        try:
            ending = _read(process, limits, on_line, tick)
        finally:
            _kill(process)
        errors.seek(0)
        text = errors.read(64 * 1024).decode("utf-8", "replace")
    if ending == "exited" and not _entered(place):
        raise SandboxUnavailable(_explanation(text))
    return Ended(ending, process.returncode if ending == "exited" else None, text)


def check_available() -> None:
    """Raise SandboxUnavailable unless this machine permits the sandbox."""
    missing = [name for name in ("setpriv", "unshare", "prlimit", "mount", "pivot_root") if not _found(name)]
    if missing:
        raise SandboxUnavailable(f"the sandbox needs {', '.join(missing)}; install the package util-linux")
    with stage() as place:
        run(Program(Path("/bin/true"), ()), place, Limits(wall_s=60), lambda _: None)


def _found(name: str) -> bool:
    return shutil.which(name, path=_PATH) is not None


def _fill(place: Stage, program: Program) -> None:
    """Complete the stage: the program, the files of /etc, and the owner of everything."""
    shutil.copy2(program.path, place.input / "program")
    etc = place.folder / "etc"
    (etc / "passwd").write_text("root:x:0:0:runner:/home:/bin/bash\n")
    (etc / "group").write_text("root:x:0:\n")
    (etc / "hosts").write_text("127.0.0.1 localhost\n")
    if program.network:
        (etc / "resolv.conf").write_bytes(Path("/etc/resolv.conf").read_bytes())
        shutil.copy2("/etc/nsswitch.conf", etc / "nsswitch.conf")
    shutil.copy2(_INSIDE, place.folder / "inside.sh")
    if os.geteuid() == 0:
        for path in (place.folder, *place.folder.rglob("*")):
            os.chown(path, place.uid, place.uid, follow_symlinks=False)


def _command(program: Program, place: Stage, limits: Limits) -> list[str]:
    user = [f"--reuid={place.uid}", f"--regid={place.uid}", "--clear-groups"] if os.geteuid() == 0 else []
    network = [] if program.network else ["--net"]
    return [
        # The kernel ends the sandbox with this process, however it ends.
        *("setpriv", *user, "--pdeathsig=KILL", "--"),
        *("unshare", *_NAMESPACES, *network, "--fork", "--kill-child=KILL", "--"),
        *("sh", str(place.folder / "inside.sh"), str(place.folder), str(limits.disk_bytes)),
        *limits.command(),
        "/sandbox/input/program",
        *program.arguments,
    ]


def _read(
    process: "subprocess.Popen[bytes]", limits: Limits, on_line: Callable[[bytes], None], tick: Callable[[], bool]
) -> Ending:
    """Pass the output on until the program ends or a limit is reached."""
    assert process.stdout is not None
    deadline = time.monotonic() + limits.wall_s
    pending, total = b"", 0
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while tick():
            if time.monotonic() > deadline:
                return "time"
            if not selector.select(_TICK_S):
                continue
            chunk = os.read(process.stdout.fileno(), 65536)
            total += len(chunk)
            if total > limits.output_bytes:
                return "output"
            *lines, pending = (pending + (chunk or b"\n")).split(b"\n")
            for line in filter(None, lines):
                on_line(line)
            if not chunk:
                return _wait(process, deadline)
    return "stopped"


def _wait(process: "subprocess.Popen[bytes]", deadline: float) -> Ending:
    """Wait for the end of a program that has closed its output."""
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return "time"
    return "exited"


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End the sandbox and wait until every process in it has ended.

    Its first process ends after all others, and `unshare`, which waits for it, after that. To kill `unshare` would
    end them too, but some time later.
    """
    first = _children(process.pid) if process.poll() is None else []
    for pid in first:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    try:
        process.wait(_END_S if first else 0)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _entered(place: Stage) -> bool:
    mark = place.folder / "entered"
    return mark.exists() and mark.read_text() != ""


def _explanation(errors: str) -> str:
    first = next((line for line in errors.splitlines() if line.strip()), "unknown reason")
    return (
        f"this machine does not permit the sandbox ({first}), and workflows run only inside it. Enable unprivileged "
        "user namespaces: sysctl user.max_user_namespaces must be above 0; where they exist, "
        "kernel.unprivileged_userns_clone must be 1 and kernel.apparmor_restrict_unprivileged_userns 0. A container "
        "needs the security_opt of the service `emulator` in docker-compose.yml"
    )
