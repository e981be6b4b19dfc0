import socket


def test_deliveries_are_stored(stock: socket.socket) -> None:
    assert stock.getpeername()


def test_deliveries_are_read(stock: socket.socket) -> None:
    assert stock.getpeername()
