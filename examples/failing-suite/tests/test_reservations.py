import socket


def test_reservations_are_stored(stock: socket.socket) -> None:
    assert stock.getpeername()


def test_reservations_are_read(stock: socket.socket) -> None:
    assert stock.getpeername()
