"""Takes messages from listeners to the use case of ingest: check, batch, and wait for the confirm."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import NamedTuple

import structlog
from logloop_chassis.auth.principal import Principal, SendingLimits
from logloop_chassis.http.problems import Problem

from logloop_ingest.accept import Accept, Result, Submission
from logloop_ingest.decompression import decompress
from logloop_ingest.in_flight import InFlightBudget
from logloop_ingest.limits import Limits
from logloop_ingest.listeners.addresses import ListenAddress
from logloop_ingest.parsing.entries import Entries
from logloop_ingest.parsing.translated_entries import TranslatedEntry, entries_of
from logloop_ingest.patient_accept import PASSING, accept_patiently
from logloop_ingest.protocols.gelf import encoding_of_bytes, entry_of_gelf
from logloop_ingest.protocols.syslog import SyslogDefaults, entry_of_syslog
from logloop_ingest.protocols.translation.json_objects import object_of
from logloop_ingest.protocols.translation.severities import severity_in
from logloop_ingest.protocols.translation.values import UNKNOWN_SERVICE, cut, service_id
from logloop_ingest.rate_limits import KeyLimits
from logloop_ingest.telemetry import LISTENER_LOST

REPORT_EVERY_S = 10.0
CLAIMED_TIME = "time.claimed_us"
"""Attribute with a time that cannot be believed; the entry has the time of the server."""
_MAX_DATAGRAM_BYTES = 4 * 2**20
_log = structlog.get_logger()


class Message(NamedTuple):
    """A message as it arrived, and the address of its sender."""

    data: bytes
    peer: str


@dataclass(frozen=True, slots=True)
class Receiver:
    """What all listeners share."""

    accept: Accept
    in_flight: InFlightBudget
    key_limits: KeyLimits
    limits: Limits
    stopping: asyncio.Event


class Intake:
    """Submits the messages of one listener, and counts what is lost."""

    def __init__(self, receiver: Receiver, address: ListenAddress) -> None:
        self.receiver = receiver
        self.address = address
        self._principal = Principal(
            "service",
            f"listener:{address.protocol}",
            f"{address.protocol} listener",
            scopes=frozenset({"ingest"}),
            projects=frozenset({address.project}),
            sending=None
            if address.max_bytes_per_s is None
            else SendingLimits(f"listener:{address.protocol}:{address.port}", address.max_bytes_per_s),
        )
        self._unreported: dict[str, int] = {}
        self._reported_at = float("-inf")

    async def submit(self, messages: Sequence[Message]) -> bool:
        """Return once the broker has confirmed the messages, True; False when ingest stops before that."""
        most = self.receiver.limits.entries
        for start in range(0, len(messages), most):
            group = messages[start : start + most]
            body = b"\n".join(message.data for message in group)

            def parse(_body: bytes, limits: Limits, group: Sequence[Message] = group) -> Entries:
                return self.entries([self._translate(message, limits) for message in group])

            if not await self.send(Submission(body, parse, self._principal, self.address.door), len(group)):
                return False
        return True

    async def submit_entries(
        self, make: Callable[[Limits, int], list[TranslatedEntry]], content: bytes, count: int, key: str | None
    ) -> bool:
        """Submit entries that `make` makes. With `key`, the same content is stored once."""

        def parse(_body: bytes, limits: Limits) -> Entries:
            return self.entries(make(limits, self.receiver.accept.now_us()))

        submission = Submission(content, parse, self._principal, self.address.door, idempotency_key=key)
        return await self.send(submission, count)

    async def send(self, submission: Submission, count: int) -> bool:
        """Return whether `count` messages are confirmed. What would always be refused is counted as lost."""
        try:
            result = await accept_patiently(
                submission, self._admitted, self.receiver.in_flight, self.receiver.stopping
            )
        except PASSING:
            self.lost("stopped", count)
            return False
        except Problem as problem:
            self.lost("refused", count, problem.detail)
            return True
        except asyncio.CancelledError:
            self.lost("stopped", count)
            raise
        for item in result.rejected:
            self.lost("refused", 1, f"{item.violations[0].field} {item.violations[0].reason}")
        return True

    async def _admitted(self, submission: Submission) -> Result:
        async with self.receiver.key_limits.admitted(submission.principal, len(submission.body)) as counts:
            result = await self.receiver.accept(submission)
            counts.entries = 0 if result.duplicate else result.accepted
        return result

    def lost(self, reason: str, count: int, detail: str = "") -> None:
        """Count messages that are lost, and log them every ten seconds at most."""
        LISTENER_LOST.labels(self.address.door, reason).inc(count)
        self._unreported[reason] = self._unreported.get(reason, 0) + count
        if time.monotonic() - self._reported_at >= REPORT_EVERY_S:
            self.report(detail)

    def report(self, detail: str = "") -> None:
        """Log what was lost since the last report."""
        if self._unreported:
            name = f"{self.address.protocol}+{self.address.transport}"
            _log.warning("a listener lost messages", listener=name, **self._unreported, detail=detail[:500])
            self._unreported = {}
            self._reported_at = time.monotonic()

    def entries(self, translated: list[TranslatedEntry]) -> Entries:
        """Return entries for the check. A time that it would refuse is replaced: the sender could not correct it."""
        now_us = self.receiver.accept.now_us()
        latest = now_us + self.receiver.limits.future_s * 1_000_000
        for entry in translated:
            if not 0 <= entry.timestamp <= latest:
                entry.attributes = {**(entry.attributes or {}), CLAIMED_TIME: str(entry.timestamp)}
                entry.timestamp = now_us
        return entries_of(translated, max_entries=max(len(translated), 1), has_times=False)

    def _translate(self, message: Message, limits: Limits) -> TranslatedEntry:
        now_us = self.receiver.accept.now_us()
        if self.address.protocol == "syslog":
            service = self.address.service or UNKNOWN_SERVICE
            return entry_of_syslog(
                message.data, SyslogDefaults(service, message.peer, self.address.zone), limits, now_us
            )
        return self._gelf(message, limits, now_us)

    def _gelf(self, message: Message, limits: Limits, now_us: int) -> TranslatedEntry:
        data = message.data
        with suppress(Problem):
            small = replace(limits, request_bytes=_MAX_DATAGRAM_BYTES, ratio_free_bytes=2**20)
            data = decompress(data, encoding_of_bytes(data) or "", small)
        document = object_of(data)
        if document is not None:
            entry = entry_of_gelf(document, limits=limits, now_us=now_us).entry
        else:
            text, attributes = cut(data.decode("utf-8", "replace"), None, limits.message_bytes)
            entry = TranslatedEntry(UNKNOWN_SERVICE, text, severity_in(text), now_us, attributes=attributes)
        if entry.service_id == UNKNOWN_SERVICE:
            host = document.get("host") if document else None
            entry.service_id = self.address.service or service_id(str(host or message.peer))
        return entry
