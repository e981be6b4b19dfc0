"""Generates the logs of a simulated shop: five services with traces, and an incident at the payment provider.

The same seed gives the same logs.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from logloop_contracts import LogEntry, Severity

SERVICES = ("gateway", "cart", "checkout", "payment", "inventory")
ROOT_CAUSE_SERVICE = "payment"
ROOT_CAUSE_TEXT = "connection to provider pay-eu timed out"
SYMPTOM_TEXT = "order failed: payment was not confirmed"


@dataclass(frozen=True)
class Incident:
    """When the payment provider stops responding, and the share of payments that then fail (0 to 1)."""

    since: datetime
    failure_rate: float = 0.7


@dataclass(frozen=True)
class Shop:
    """A shop that receives `orders_per_minute` from `since` until `until`."""

    project_id: str
    since: datetime
    until: datetime
    incident: Incident | None = None
    orders_per_minute: int = 60
    seed: int = 7

    @property
    def name(self) -> str:
        """Return a name that identifies the logs of this seed."""
        return f"shop-{self.seed}"

    def entries(self) -> Iterator[LogEntry]:
        """Yield every log entry before `until`, by time within each order; orders overlap."""
        chance = random.Random(self.seed)  # noqa: S311  # reproducible, not secret
        orders = int((self.until - self.since).total_seconds() / 60 * self.orders_per_minute)
        for number in range(orders):
            start = self.since + (self.until - self.since) * (number / max(1, orders))
            # An order that still waits for payment at the end has not failed yet.
            yield from (entry for entry in self._order(chance, number, start) if entry.timestamp < self.until)

    def _order(self, chance: random.Random, number: int, start: datetime) -> Iterator[LogEntry]:
        order = _Order(self, chance, number, start)
        yield order.entry("gateway", "info", f"POST /orders accepted for customer {chance.randint(1000, 9999)}")
        yield order.entry("cart", "debug", f"cart {order.id} holds {chance.randint(1, 9)} items")
        yield order.entry(
            "inventory", "info", f"reserved {chance.randint(1, 9)} items in warehouse W{chance.randint(1, 4)}"
        )
        if chance.random() < 0.02:
            yield order.entry("inventory", "warn", f"stock of sku-{chance.randint(100, 999)} is low")
        failing = self.incident is not None and start >= self.incident.since
        if failing and self.incident and chance.random() < self.incident.failure_rate:
            yield from self._failed_payment(order, chance)
            return
        yield order.entry(
            "payment", "info", f"charged {chance.randint(5, 400)}.00 EUR in {chance.randint(80, 300)} ms"
        )
        yield order.entry("checkout", "info", f"order {order.id} is confirmed")
        yield order.entry("gateway", "info", f"POST /orders answered 201 in {chance.randint(120, 600)} ms")

    def _failed_payment(self, order: "_Order", chance: random.Random) -> Iterator[LogEntry]:
        order.wait(30.0)
        yield order.entry("payment", "error", f"{ROOT_CAUSE_TEXT} after {chance.randint(30000, 30400)} ms")
        yield order.entry("checkout", "error", f"{SYMPTOM_TEXT} for order {order.id}")
        yield order.entry("gateway", "error", f"POST /orders answered 502 in {chance.randint(30100, 30900)} ms")
        yield order.entry("inventory", "info", f"released the items of order {order.id}")


class _Order:
    """One order with its trace id and its clock."""

    def __init__(self, shop: Shop, chance: random.Random, number: int, start: datetime) -> None:
        self.id = f"A{number:06d}"
        self._shop = shop
        self._chance = chance
        self._now = start
        self._trace = f"{chance.getrandbits(64):016x}"

    def wait(self, seconds: float) -> None:
        """Advance the clock before the next entry."""
        self._now += timedelta(seconds=seconds)

    def entry(self, service: str, severity: str, message: str) -> LogEntry:
        """Return the next entry of this order, a few milliseconds later."""
        self.wait(self._chance.uniform(0.002, 0.04))
        return LogEntry(
            project_id=self._shop.project_id,
            service_id=service,
            func_id=f"{service}.handlers:on_order",
            message=message,
            severity=Severity(severity),
            timestamp=self._now,
            source="demo",
            attributes={
                "trace_id": self._trace,
                "order": self.id,
                "host": f"{service}-1",
                "shop": self._shop.name,
            },
        )
