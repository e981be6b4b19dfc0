"""The limits of a sandboxed run, and the commands that enforce them."""

import contextlib
import os
import resource
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024
_FILES = 4096
_CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may use. `memory_bytes` is for all processes with cgroup v2, otherwise for each process."""

    wall_s: float = 600.0
    memory_bytes: int = 2048 * MIB
    processes: int = 256
    disk_bytes: int = 512 * MIB
    file_bytes: int = 256 * MIB
    output_bytes: int = 8 * MIB

    def command(self) -> list[str]:
        """Return the prefix of a command that limits every process."""
        return [
            "prlimit",
            f"--nproc={_allowed(resource.RLIMIT_NPROC, self.processes)}",
            f"--fsize={_allowed(resource.RLIMIT_FSIZE, self.file_bytes)}",
            f"--data={_allowed(resource.RLIMIT_DATA, self.memory_bytes)}",
            f"--nofile={_allowed(resource.RLIMIT_NOFILE, _FILES)}",
            "--core=0",
            "--",
        ]


def _allowed(kind: int, limit: int) -> int:
    """Return a limit, or the one of this process if that is lower and so cannot be raised."""
    hard = resource.getrlimit(kind)[1]
    return limit if hard == resource.RLIM_INFINITY else min(limit, hard)


@contextlib.contextmanager
def control_group(limits: Limits, root: Path = _CGROUPS) -> Iterator[Sequence[str]]:
    """Yield the prefix of a command that puts it into a new cgroup v2; an empty one where none can be created."""
    group = root / f"logloop-{secrets.token_hex(8)}"
    try:
        group.mkdir()
    except OSError:
        yield ()
        return
    try:
        if not (group / "memory.max").exists():
            yield ()
            return
        (group / "memory.max").write_text(str(limits.memory_bytes))
        (group / "pids.max").write_text(str(limits.processes + 16))
        with contextlib.suppress(OSError):
            (group / "memory.swap.max").write_text("0")
        yield ["sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', os.fspath(group)]
    finally:
        with contextlib.suppress(OSError):
            group.rmdir()
