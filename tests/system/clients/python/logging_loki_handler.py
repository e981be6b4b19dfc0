"""Sends with python-logging-loki, a request for each record."""

import logging

import logging_loki

from tests.system.clients.python.program import arguments, messages

given = arguments()
handler = logging_loki.LokiHandler(
    url=f"{given.url}/loki/api/v1/push", tags={"app": "checkout"}, auth=("logloop", given.key), version="1"
)
logger = logging.getLogger("checkout")
logger.setLevel(logging.INFO)
logger.addHandler(handler)
for message in messages(given):
    logger.info(message.text)
