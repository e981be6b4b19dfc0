"""Sends with loki-logger-handler, which collects records in a thread."""

import logging

from loki_logger_handler.loki_logger_handler import LokiLoggerHandler

from tests.system.clients.python.program import arguments, messages

given = arguments()
handler = LokiLoggerHandler(
    url=f"{given.url}/loki/api/v1/push",
    labels={"app": "checkout"},
    additional_headers={"Authorization": f"Bearer {given.key}"},
    timeout=1,
)
logger = logging.getLogger("checkout")
logger.setLevel(logging.INFO)
logger.addHandler(handler)
for message in messages(given):
    logger.info(message.text)
handler.flush()
