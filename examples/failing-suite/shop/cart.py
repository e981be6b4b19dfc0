"""Prices carts."""

import logging

log = logging.getLogger(__name__)


def total(prices: list[int], discount: int = 0) -> int:
    """Return the price of a cart in cents, less a discount in percent."""
    full = sum(prices)
    reduced = full - full * discount // 100
    log.info("a cart with %d items costs %d cents", len(prices), reduced)
    return reduced


def tags(items: list[str]) -> str:
    """Return the distinct tags of the items of a cart."""
    found = ",".join(set(items))
    log.info("tags of the cart: %s", found)
    return found
