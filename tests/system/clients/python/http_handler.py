"""Sends forms with the HTTPHandler of the standard library, a request for each record."""

import logging
import logging.handlers

from tests.system.clients.python.program import arguments, messages

given = arguments()
handler = logging.handlers.HTTPHandler(
    given.url.removeprefix("http://"), "/lines/checkout", method="POST", credentials=("logloop", given.key)
)
logger = logging.getLogger("checkout")
logger.setLevel(logging.INFO)
logger.addHandler(handler)
for message in messages(given):
    logger.info("%s", message.text)
