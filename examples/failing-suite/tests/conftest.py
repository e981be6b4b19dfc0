"""Fixtures of the shop's tests."""

import random
import socket
from collections.abc import Iterator

import pytest
from shop import database


@pytest.fixture
def order() -> str:
    """Return a new order number."""
    return f"A{random.randrange(10**6):06d}"


@pytest.fixture
def stock() -> Iterator[socket.socket]:
    """Connect to the database that holds the stock."""
    with database.connect() as connection:
        yield connection
