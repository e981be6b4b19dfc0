"""Sends the entries of a run. Sending the same entries again stores nothing twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from logloop.api.client import Client
from logloop.api.results import SendResult
from logloop.connection import Connection
from logloop.results.entries import DEFAULT_SERVICE, ImportedRun, entries_of
from logloop.results.model import Results
from logloop.sending.repair import sendable_line, service_id_of


def send_results(client: Client, files: Sequence[Results], run: ImportedRun) -> SendResult:
    """Send the results of a run and return once the broker has confirmed them. Raises a LogloopError.

    The start of the run has an idempotency key of its own: its facts may differ when the same files are sent again.
    """
    connection = with_service(client.connection)
    project, service = connection.require_project(), connection.service or DEFAULT_SERVICE
    start, *rest = (sendable_line(entry, project, service) for entry in entries_of(files, run))
    begun = client.send_lines([start], idempotency_key=_key([start]))
    sent = client.send_lines(rest, idempotency_key=_key(rest))
    rejected = [*begun.rejected, *(entry.model_copy(update={"index": entry.index + 1}) for entry in sent.rejected)]
    return SendResult(accepted=begun.accepted + sent.accepted, rejected=rejected)


def with_service(connection: Connection) -> Connection:
    """Return a connection with a valid service id."""
    return replace(connection, service=service_id_of(connection.service or "") or DEFAULT_SERVICE)


def _key(lines: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line + b"\n")
    return f"test-import-{digest.hexdigest()[:40]}"
