"""Sends raw events of Seq with seqlog, in batches."""

import logging
import time

from seqlog.structured_logging import SeqLogHandler

from tests.system.clients.python.program import arguments, messages

given = arguments()
handler = SeqLogHandler(f"{given.url}/", api_key=given.key, batch_size=100, auto_flush_timeout=0.2)
logger = logging.getLogger("checkout")
logger.setLevel(logging.INFO)
logger.addHandler(handler)
for message in messages(given):
    logger.info(message.text)
while not handler.log_queue.empty():
    time.sleep(0.05)
handler.flush()
