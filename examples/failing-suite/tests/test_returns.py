import socket


def test_returns_are_stored(stock: socket.socket) -> None:
    assert stock.getpeername()


def test_returns_are_read(stock: socket.socket) -> None:
    assert stock.getpeername()
