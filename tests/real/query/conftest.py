"""Cheap password hashes: tests sign in some hundred times, and each real hash takes 64 MiB and 50 ms."""

from functools import partial

import pytest
from argon2 import PasswordHasher


@pytest.fixture(autouse=True)
def _cheap_password_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("logloop_query.identity.passwords.PasswordHasher", cheap)
