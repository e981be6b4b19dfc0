"""Sends logs with Sentry's SDK."""

import sentry_sdk
from sentry_sdk import logger

from tests.system.clients.python.program import arguments, messages

given = arguments()
scheme, _, address = given.url.partition("://")
sentry_sdk.init(
    dsn=f"{scheme}://{given.key}@{address}/7",
    release="checkout@1.0",
    enable_logs=True,
    default_integrations=False,
    auto_enabling_integrations=False,
)
for number, message in enumerate(messages(given), start=1):
    logger.info(message.text)
    if number % 500 == 0:
        sentry_sdk.flush(30)  # its buffer drops what is over 1000
sentry_sdk.flush(30)
