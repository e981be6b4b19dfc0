"""Charges orders with one of two payment providers."""

import logging
from collections.abc import Callable

log = logging.getLogger(__name__)

Provider = Callable[[str, int], None]
"""Charges an amount in cents for an order. Raises TimeoutError."""


class PaymentFailed(Exception):
    """No provider charged the order."""


def charge(order: str, cents: int, providers: dict[str, Provider]) -> str:
    """Charge an order with the first provider that answers, and return its name. Raises PaymentFailed."""
    log.info("charge of order %s begins: %d cents", order, cents)
    for name, provider in providers.items():
        log.info("calling %s", name)
        try:
            provider(order, cents)
        except TimeoutError as error:
            log.warning("%s did not answer: %s", name, error)
            log.info("trying the next provider")
            continue
        log.info("order %s is charged with %s", order, name)
        return name
    log.error("order %s is not charged", order)
    raise PaymentFailed(f"no provider charged order {order}")
