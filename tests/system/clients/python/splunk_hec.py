"""Sends events with splunk-handler, in batches."""

import logging

from splunk_handler import SplunkHandler, force_flush

from tests.system.clients.python.program import arguments, messages

given = arguments()
handler = SplunkHandler(
    host="",
    port="",
    token=given.key,
    index="main",
    url=f"{given.url}/services/collector/event?service=checkout",
    protocol="http",
    allow_overrides=True,
    queue_size=0,
    flush_interval=0.2,
    retry_count=10,
    retry_backoff=0.5,
)
logger = logging.getLogger("checkout")
logger.setLevel(logging.INFO)
logger.addHandler(handler)
for message in messages(given):
    logger.info(message.text, extra={"_time": message.time})
force_flush()
