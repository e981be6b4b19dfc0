"""Leaves out the logs that a live tail sends again after a lost connection."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

MAX_IDS = 50_000
"""Number of ids that are kept: more than a tail sends again at once."""


class RecentLogs:
    """The ids of the logs that a tail has yielded lately."""

    def __init__(self) -> None:
        self._ids: OrderedDict[str, None] = OrderedDict()

    def fresh(self, event: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the logs of a `log` event that were not yielded before."""
        items = event.get("items", [])
        if event.get("missed"):
            items = [item for item in items if item["id"] not in self._ids]
        self._ids.update(dict.fromkeys(item["id"] for item in items))
        while len(self._ids) > MAX_IDS:
            self._ids.popitem(last=False)
        return list(items)
