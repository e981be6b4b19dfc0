"""Ports are chosen so that two processes of a user never choose the same one."""

import itertools
import subprocess
import sys

import pytest
from logloop.local import ports

_CHOOSES = "from logloop.local.ports import free_port; print(free_port(), flush=True); input()"


def test_a_port_that_another_process_chose_is_not_chosen_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _CHOOSES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        taken = int(other.stdout.readline())
        monkeypatch.setattr(ports, "_candidates", itertools.cycle([taken, *range(28_100, 32_768)]))
        chosen = [ports.free_port(), ports.free_port()]
        assert ports.free_port(taken) == taken, "it is not in use yet, so it may be named"
        other.communicate("\n")
    assert taken not in chosen
    monkeypatch.setattr(ports, "_candidates", itertools.cycle([taken]))
    assert ports.free_port() == taken, "it is free again when the process has ended"
