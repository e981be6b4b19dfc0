"""The connection to the database of the shop."""

import logging
import os
import socket

log = logging.getLogger(__name__)


def connect() -> socket.socket:
    """Return a connection to SHOP_DATABASE, which is host:port."""
    host, _, port = os.environ["SHOP_DATABASE"].partition(":")
    log.info("connecting to the database at %s:%s", host, port)
    connection = socket.create_connection((host, int(port)), timeout=5)
    log.info("connected to the database")
    return connection
