"""The AMQP door: log entries that programs publish to the intake exchange with their project as routing key.

It must not check entries; it reads the message, asks the use case and buries what was refused.
"""

import json
import re
from typing import Any, Protocol

from logloop_chassis.auth import Principal
from logloop_chassis.broker import NotPublished
from logloop_chassis.failures import Dead, Delivery, Handler, RetryLater, code_version
from logloop_chassis.problems import BadRequest, Problem, TooLarge, TooManyRequests, UnsupportedMedia
from logloop_contracts.channels import (
    DEAD_EXCHANGE,
    HEADER_ATTEMPT,
    HEADER_CODE_VERSION,
    HEADER_DETAIL,
    HEADER_EXCHANGE,
    HEADER_REASON,
    HEADER_ROUTING_KEY,
    INGEST_INTAKE,
)
from logloop_contracts.log_batch import new_batch_id
from logloop_contracts.log_entry import PROJECT_ID_PATTERN

from logloop_ingest.accept import Acceptor, Parcel, Receipt
from logloop_ingest.batcher import Publishing
from logloop_ingest.decoders import Unreadable, decode
from logloop_ingest.decompression import decompress
from logloop_ingest.limits import Limits
from logloop_ingest.settings import IngestSettings
from logloop_ingest.telemetry import RECEIVED_BYTES

_PROJECT = re.compile(PROJECT_ID_PATTERN)


class Projects(Protocol):
    """What this door needs to know about projects."""

    async def project_exists(self, project_id: str) -> bool:
        """Whether a project is there. Raises Unavailable when that cannot be told."""


def intake_handler(
    settings: IngestSettings, acceptor: Acceptor, projects: Projects, publisher: Publishing
) -> Handler:
    """A handler for messages of the intake queue; `message_id`, where given, makes a repeat harmless."""

    async def handle(delivery: Delivery) -> None:
        project_id = delivery.routing_key
        if not _PROJECT.match(project_id) or not await projects.project_exists(project_id):
            raise Dead("unknown_project", f"there is no project {project_id[:80]!r}; its id is the routing key")
        entries = _entries(delivery, settings.limits())
        principal = Principal(
            "service", "amqp", "AMQP intake", scopes=frozenset({"ingest"}), projects=frozenset({project_id})
        )
        size = len(delivery.body)
        RECEIVED_BYTES.labels("amqp").inc(size)
        try:
            key = delivery.message_id or None
            receipt = await acceptor.accept(principal, Parcel(entries, size, "amqp", key))
        except (NotPublished, TooManyRequests) as error:
            raise RetryLater(str(error)) from error
        except Problem as error:
            raise Dead("refused", _words(error)) from error
        if receipt.rejected:
            await _bury_refused(delivery, entries, receipt, publisher)

    return handle


def _entries(delivery: Delivery, limits: Limits) -> list[Any]:
    encoding = delivery.headers.get("content-encoding")
    try:
        text = decompress(delivery.body, encoding if isinstance(encoding, str) else "", limits)
        return decode(text, "any", max_entries=limits.entries)
    except (BadRequest, TooLarge, UnsupportedMedia) as error:
        raise Dead("unreadable", str(error)) from error


def _words(error: Problem) -> str:
    reasons = [f"{item.get('field')}: {item.get('reason')}" for item in error.extra.get("errors", [])[:5]]
    return "; ".join([error.detail, *reasons])


async def _bury_refused(delivery: Delivery, entries: list[Any], receipt: Receipt, publisher: Publishing) -> None:
    """Keep the refused entries of a message as one dead letter; the others went on."""
    refused = [entries[item.index] for item in receipt.rejected]
    kept = [entry.line.decode("utf-8", "replace") if isinstance(entry, Unreadable) else entry for entry in refused]
    reasons = [
        f"entry {item.index}: {item.errors[0].field}: {item.errors[0].reason}" for item in receipt.rejected[:20]
    ]
    headers = {
        HEADER_REASON: "refused_entries",
        HEADER_DETAIL: "; ".join(reasons)[:2000],
        HEADER_EXCHANGE: delivery.exchange,
        HEADER_ROUTING_KEY: delivery.routing_key,
        HEADER_ATTEMPT: delivery.attempt,
        HEADER_CODE_VERSION: code_version(),
    }
    try:
        await publisher.publish_bytes(
            DEAD_EXCHANGE.name,
            INGEST_INTAKE.name,
            json.dumps(kept).encode(),
            headers=headers,
            message_id=f"{delivery.message_id or new_batch_id()}.refused",
            content_type="application/json",
        )
    except NotPublished as error:
        raise RetryLater(str(error)) from error
