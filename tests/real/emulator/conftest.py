"""Runs workflows with the real act in the real sandbox, where this machine permits it."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from logloop_contracts.emulation import EmulatedRun, EmulationEvent, EmulationTask
from logloop_emulator.emulation import Emulator
from logloop_emulator.sandbox.limits import Limits

from tests.emulation import refusal

Emulate = Callable[..., EmulatedRun]


@pytest.fixture(autouse=True)
def _needs_the_sandbox() -> None:
    if reason := refusal():
        pytest.skip(reason)


@pytest.fixture(autouse=True)
def temporary_files(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of temporary files, for this test alone: other tests run workflows at the same time."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # each run of root has a user of its own, who must reach its files
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


@pytest.fixture
def emulate() -> Emulate:
    """Run a workflow whose steps are given as a script, or the whole text of one."""

    def run(script: str = "", *, text: str | None = None, network: bool = False, **options: Any) -> EmulatedRun:
        lines = "\n".join(f"          {line}" for line in script.splitlines())
        workflow = text or (
            "on: {repository_dispatch: {types: [go]}}\n"
            f"jobs:\n  j:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n{lines}\n"
        )
        tick = options.pop("tick", lambda _: True)
        limits = Limits(**{"wall_s": 60.0, **options.pop("limits", {})})
        event = EmulationEvent(event_type="go", client_payload=options.pop("payload", {}))
        task = EmulationTask(
            id="t", file="w.yml", workflow=workflow, repository="acme/shop", event=event, network=network
        )
        return Emulator(limits=limits, **options).run(task, tick)

    return run
