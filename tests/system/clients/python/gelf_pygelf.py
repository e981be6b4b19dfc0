"""Sends GELF with pygelf, a request for each record. Its address has the key, because it cannot send headers."""

import logging
import time
from urllib.parse import urlsplit

from pygelf import GelfHttpHandler

from tests.system.clients.python.program import arguments, messages

given = arguments()
address = urlsplit(given.url)
handler = GelfHttpHandler(
    host=address.hostname, port=address.port, path=f"/gelf?api_key={given.key}", _service="checkout"
)
logger = logging.getLogger("checkout")
logger.setLevel(logging.INFO)
logger.addHandler(handler)
for message in messages(given):
    logger.info(message.text)
# The handler does not wait for answers, so the last requests may still be on their way.
time.sleep(min(5, 0.02 * given.messages))
