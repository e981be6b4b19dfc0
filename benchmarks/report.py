"""The table and the JSON object of a benchmark run."""

import os
import platform
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

MB = 1_000_000


@dataclass(frozen=True)
class Row:
    """One row of the table. `met` is None when there is no target."""

    work: str
    measured: str
    target: str = ""
    met: bool | None = None
    failed: bool = False

    @property
    def verdict(self) -> str:
        """The last cell of the row."""
        return "FAILED" if self.failed else {True: "met", False: "MISSED", None: ""}[self.met]


@dataclass
class Report:
    """Results of a run: rows for people, figures for programs. `failed` holds the error of each failed part."""

    rows: list[Row] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def add(self, work: str, measured: str, target: str = "", *, met: bool | None = None) -> None:
        """Add a row."""
        self.rows.append(Row(work, measured, target, met))

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Measure a part. If it fails, add a row with the error and let the run continue."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  # a failed part must not lose the results of the others
            traceback.print_exc()
            self.failed[name] = f"{type(error).__name__}: {error}".splitlines()[0]
            self.rows.append(Row(name, self.failed[name], failed=True))

    def text(self) -> str:
        """Return the table."""
        cells = [("work", "measured", "target", "verdict")]
        cells += [(row.work, row.measured, row.target, row.verdict) for row in self.rows]
        widths = [max(len(line[column]) for line in cells) for column in range(4)]
        lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in cells]
        lines.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join(line.rstrip() for line in lines)


def machine() -> dict[str, str]:
    """Return the environment that the figures depend on."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory_kb = int(Path("/proc/meminfo").read_text().split()[1])
    packages = ("pyarrow", "pymongo", "aio-pika", "faststream", "fastapi", "uvicorn", "pydantic")
    return {
        "when": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": f"{os.cpu_count()} x {cpu}",
        "memory": f"{memory_kb / 2**20:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "load_before": " ".join(f"{value:.2f}" for value in os.getloadavg()),
        "packages": ", ".join(f"{name} {version(name)}" for name in packages),
    }
