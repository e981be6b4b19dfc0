"""The fake platform and an environment that points to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.ingest_api import IngestApi


@pytest.fixture
def api() -> Iterator[IngestApi]:
    """A platform that accepts everything."""
    with IngestApi().serve() as running:
        yield running


@pytest.fixture
def environ(api: IngestApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Set the environment of a user of that platform, and return a copy for child processes."""
    for name in [name for name in os.environ if name.startswith(("LOGLOOP_", "PYTEST_", "COV_"))]:
        monkeypatch.delenv(name)
    values = {
        "LOGLOOP_URL": api.url,
        "LOGLOOP_API_KEY": "llk_0123456789_" + "s" * 32,
        "LOGLOOP_PROJECT": "shop",
        "LOGLOOP_SERVICE": "checkout",
        "LOGLOOP_CONFIG": str(tmp_path / "config.json"),
        "LOGLOOP_HOME": str(tmp_path / "home"),
        "NO_COLOR": "1",
        "COLUMNS": "120",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return dict(os.environ)
