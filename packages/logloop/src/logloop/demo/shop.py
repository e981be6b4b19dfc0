"""A made-up shop whose payment provider fails: logs of five services with traces, before and during the incident.

It must not send anything, and the same seed gives the same story.
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
    """When the payment provider stops answering, and how often a payment then fails (0 to 1)."""

    since: datetime
    failure_rate: float = 0.7


@dataclass(frozen=True)
class Shop:
    """A shop that serves `orders_per_minute` between two moments."""

    project_id: str
    since: datetime
    until: datetime
    incident: Incident | None = None
    orders_per_minute: int = 60
    seed: int = 7

    @property
    def name(self) -> str:
        """Tells its lines from those of a shop with another seed."""
        return f"shop-{self.seed}"

    def entries(self) -> Iterator[LogEntry]:
        """Every log entry before `until`, in the order of time within an order; orders overlap."""
        chance = random.Random(self.seed)  # noqa: S311  # a story, not a secret
        orders = int((self.until - self.since).total_seconds() / 60 * self.orders_per_minute)
        for number in range(orders):
            start = self.since + (self.until - self.since) * (number / max(1, orders))
            # An order that hangs at the end has not failed yet.
            yield from (line for line in self._order(chance, number, start) if line.timestamp < self.until)

    def _order(self, chance: random.Random, number: int, start: datetime) -> Iterator[LogEntry]:
        story = _Order(self, chance, number, start)
        yield story.line("gateway", "info", f"POST /orders accepted for customer {chance.randint(1000, 9999)}")
        yield story.line("cart", "debug", f"cart {story.order} holds {chance.randint(1, 9)} items")
        yield story.line(
            "inventory", "info", f"reserved {chance.randint(1, 9)} items in warehouse W{chance.randint(1, 4)}"
        )
        if chance.random() < 0.02:
            yield story.line("inventory", "warn", f"stock of sku-{chance.randint(100, 999)} is low")
        failing = self.incident is not None and start >= self.incident.since
        if failing and self.incident and chance.random() < self.incident.failure_rate:
            yield from self._failed_payment(story, chance)
            return
        yield story.line(
            "payment", "info", f"charged {chance.randint(5, 400)}.00 EUR in {chance.randint(80, 300)} ms"
        )
        yield story.line("checkout", "info", f"order {story.order} is confirmed")
        yield story.line("gateway", "info", f"POST /orders answered 201 in {chance.randint(120, 600)} ms")

    def _failed_payment(self, story: "_Order", chance: random.Random) -> Iterator[LogEntry]:
        story.wait(30.0)
        yield story.line("payment", "error", f"{ROOT_CAUSE_TEXT} after {chance.randint(30000, 30400)} ms")
        yield story.line("checkout", "error", f"{SYMPTOM_TEXT} for order {story.order}")
        yield story.line("gateway", "error", f"POST /orders answered 502 in {chance.randint(30100, 30900)} ms")
        yield story.line("inventory", "info", f"released the items of order {story.order}")


class _Order:
    """One order: its trace, its clock and its lines."""

    def __init__(self, shop: Shop, chance: random.Random, number: int, start: datetime) -> None:
        self.order = f"A{number:06d}"
        self._shop = shop
        self._chance = chance
        self._now = start
        self._trace = f"{chance.getrandbits(64):016x}"

    def wait(self, seconds: float) -> None:
        """Let time pass before the next line."""
        self._now += timedelta(seconds=seconds)

    def line(self, service: str, severity: str, message: str) -> LogEntry:
        """The next line of this order, a few milliseconds later."""
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
                "order": self.order,
                "host": f"{service}-1",
                "shop": self._shop.name,
            },
        )
