"""The result of parsing a line, shared by all formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class ParsedLine:
    """A parsed line. Fields that the line does not contain are None; `timestamp` is in UTC."""

    message: str
    timestamp: datetime | None = None
    severity: str | None = None
    severity_text: str | None = None
    service_id: str | None = None
    test_id: str | None = None
    func_id: str | None = None
    source: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    is_header: bool = True
    """Whether the line certainly starts a record: it has a time, a level or a known format."""
