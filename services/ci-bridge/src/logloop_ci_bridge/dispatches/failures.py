"""What a program reports when its code fails, as values of a template.

They have the names of the values of a log, so that one template serves rules on logs and programs.
"""

from datetime import datetime
from typing import Any

from logloop_chassis.text.redaction import Redactor, safe_text
from logloop_contracts.log_entry import ServiceId
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from logloop_ci_bridge.dispatches.templates import MAX_LINES, TemplateDraft

_MAX_TEXT = 16_384
_MAX_LINE = 2048
PLAIN = TemplateDraft.model_validate(
    {
        "name": "plain",
        "event_type": "plain",
        "fields": [
            {"name": "service", "source": "log.service_id"},
            {"name": "severity", "source": "log.severity"},
            {"name": "function", "source": "log.func_id", "max_length": 512},
            {"name": "exception", "source": "log.attributes.exception.type"},
            {"name": "message", "source": "log.message", "max_length": 1024},
            {"name": "recent", "type": "lines", "source": "logs.recent"},
            {"name": "link", "source": "link", "max_length": 512},
        ],
    }
)
"""The payload of a pipeline without a template."""


class Failure(BaseModel):
    """A failure of a program: the log entry that its exception would be, and the latest log lines before it."""

    model_config = ConfigDict(extra="forbid")

    message: str = Field(max_length=_MAX_TEXT, examples=["PaymentDeclined: card expired"])
    service_id: ServiceId | None = Field(None, description="The service that failed; else that of the pipeline.")
    func_id: str | None = Field(None, max_length=512, examples=["shop.payments:pay"])
    attributes: dict[str, JsonValue] = Field(
        default_factory=dict,
        max_length=50,
        description="Attributes, such as exception.type.",
        examples=[{"exception.type": "shop.PaymentDeclined"}],
    )
    recent: list[str] = Field(default_factory=list, max_length=MAX_LINES, description="The latest log lines.")

    def values(self, service_id: str, now: datetime) -> dict[str, Any]:
        """Return the values by the names of template sources. Secrets in texts are removed."""
        redactor = Redactor("standard")
        texts = {
            name: safe_text(value, redactor, _MAX_TEXT) if isinstance(value, str) else value
            for name, value in self.attributes.items()
        }
        return {
            "log.service_id": self.service_id or service_id,
            "log.severity": "error",
            "log.message": safe_text(self.message, redactor, _MAX_TEXT),
            "log.func_id": self.func_id or "",
            "log.timestamp": now,
            "log.attributes": texts,
            "logs.recent": [safe_text(line, redactor, _MAX_LINE) for line in self.recent],
        }
