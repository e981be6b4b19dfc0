"""The export format of systemd's journal: fields on lines, binary fields, and what they become."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_chassis.messaging.publisher import NotPublished
from logloop_chassis.testing import wait_until
from logloop_ingest.http import streamed_bodies
from logloop_ingest.limits import Limits
from logloop_ingest.protocols.journald.parts import PART_ENTRIES, JournalParts

from tests.unit.ingest.harness import KEY, Ingest, ingest_service

UPLOAD = "/upload"
JOURNAL = {"Content_Type": "application/vnd.fdo.journal"}
MICROS = "1763805600123456"


def exported(**fields: str | bytes | list[str]) -> bytes:
    """Return one entry in the export format; bytes are written as a binary field."""
    parts = []
    for name, value in {"__CURSOR": "s=1;i=2", "__REALTIME_TIMESTAMP": MICROS, **fields}.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, bytes):
                parts.append(name.encode() + b"\n" + len(item).to_bytes(8, "little") + item + b"\n")
            else:
                parts.append(f"{name}={item}\n".encode())
    return b"".join(parts) + b"\n"


async def test_an_entry_is_a_log_with_its_other_fields_as_attributes() -> None:
    body = exported(
        MESSAGE="payment failed",
        PRIORITY="3",
        SYSLOG_IDENTIFIER="python3",
        _SYSTEMD_UNIT="checkout.service",
        _TRANSPORT="journal",
        CODE_FUNC="charge",
        CODE_LINE="7",
        TAG=["a", "b"],
    )
    async with ingest_service() as ingest:
        answer = await ingest.send(UPLOAD, body, **JOURNAL)
        assert answer.status_code == 202
        [log] = ingest.broker.logs
    assert (log["service_id"], log["severity"], log["message"]) == ("checkout", "error", "payment failed")
    assert (log["func_id"], log["source"]) == ("charge", "journal")
    assert log["timestamp"].isoformat() == "2025-11-22T10:00:00.123456+00:00"
    assert json.loads(log["attributes"]) == {
        "PRIORITY": "3", "SYSLOG_IDENTIFIER": "python3", "_SYSTEMD_UNIT": "checkout.service", "_TRANSPORT": "journal",
        "CODE_FUNC": "charge", "CODE_LINE": "7", "TAG": ["a", "b"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "service"),
    [
        ({"CONTAINER_NAME": "web", "_SYSTEMD_UNIT": "docker.service"}, "web"),
        ({"_SYSTEMD_USER_UNIT": "shop.service", "_SYSTEMD_UNIT": "user@1000.service"}, "shop"),
        ({"_SYSTEMD_UNIT": "session-3.scope", "SYSLOG_IDENTIFIER": "sudo"}, "sudo"),
        ({"_COMM": "bash"}, "bash"),
        ({}, "unknown"),
    ],
)
async def test_the_service_is_the_container_the_unit_or_the_program(fields: dict[str, str], service: str) -> None:
    async with ingest_service() as ingest:
        await ingest.send(UPLOAD, exported(MESSAGE="m", **fields), **JOURNAL)
        assert [log["service_id"] for log in ingest.broker.logs] == [service]


async def test_binary_fields_may_have_any_bytes_and_an_entry_may_have_no_message() -> None:
    body = exported(MESSAGE=b"two\n\nlines = \xff") + b"\n" + exported(UNIT="x.service", BLOB=b"")
    async with ingest_service() as ingest:
        assert (await ingest.send(UPLOAD, body, **JOURNAL)).status_code == 202
        first, second = ingest.broker.logs
    assert first["message"] == "two\n\nlines = \N{REPLACEMENT CHARACTER}"
    assert json.loads(second["message"]) == {"UNIT": "x.service", "BLOB": ""}


@pytest.mark.parametrize(
    "body", [b"hello\n", b"MESSAGE\n\x05\0\0\0\0\0\0\0ab\n", b"MESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xffab\n"]
)
async def test_a_body_that_is_no_journal_is_refused(body: bytes) -> None:
    async with ingest_service() as ingest:
        answer = await ingest.send(UPLOAD, body, **JOURNAL)
        assert answer.status_code == 400
        assert "export format" in answer.text


async def test_a_rejected_entry_does_not_stop_the_client_and_a_retry_is_stored_once() -> None:
    future = exported(MESSAGE="from the future", __REALTIME_TIMESTAMP="9999999999999999")
    async with ingest_service() as ingest:
        answer = await ingest.send(UPLOAD, future, **JOURNAL)
        assert answer.status_code == 202
        assert "not all entries were stored; the first that was rejected, number 0" in answer.text
        for _ in range(2):
            await ingest.send(UPLOAD, exported(MESSAGE="once") + exported(MESSAGE="twice"), **JOURNAL)
        assert [log["message"] for log in ingest.broker.logs] == ["once", "twice"]
        assert (await ingest.send(UPLOAD, b"", **JOURNAL)).status_code == 202


# -- uploads of any size

AWAY = NotPublished("unreachable", "RabbitMQ is away")


def numbered(count: int, begin: int = 0) -> list[bytes]:
    return [exported(MESSAGE=f"m{number}", __CURSOR=f"s=1;i={number}") for number in range(begin, begin + count)]


async def upload(ingest: Ingest, *chunks: bytes, until: asyncio.Event | None = None) -> httpx.Response:
    """Send chunks as systemd-journal-upload does. `until` is waited for before the last one."""

    async def arriving() -> AsyncIterator[bytes]:
        for chunk in chunks[:-1]:
            yield chunk
        if until is not None:
            await until.wait()
        yield chunks[-1]

    headers = {"Content-Type": "application/vnd.fdo.journal", "Authorization": f"Bearer {KEY}"}
    return await ingest.client.post(UPLOAD, content=arriving(), headers=headers)


async def test_what_has_accumulated_is_stored_in_parts_while_it_arrives_and_confirmed_at_the_end() -> None:
    entries = numbered(2 * PART_ENTRIES + 5)
    body, end = b"".join(entries), asyncio.Event()
    chunks = [body[start : start + 60_000] for start in range(0, len(body), 60_000)]
    async with ingest_service(limits=Limits(request_bytes=len(body) // 2)) as ingest:
        uploading = asyncio.ensure_future(upload(ingest, *chunks, until=end))
        await wait_until(lambda: len(ingest.broker.logs) >= PART_ENTRIES)
        assert not uploading.done(), "nothing is confirmed before the end"
        end.set()
        assert (await uploading).status_code == 202
        assert [log["message"] for log in ingest.broker.logs] == [f"m{number}" for number in range(len(entries))]
        assert ingest.in_flight.used == 0


async def test_an_upload_that_is_sent_again_with_more_entries_repeats_nothing_that_was_a_whole_part() -> None:
    first, more = numbered(PART_ENTRIES + 3), numbered(10, PART_ENTRIES + 3)
    async with ingest_service() as ingest:
        broken = b"MESSAGE\n" + (2**20).to_bytes(8, "little") + b"cut off"
        assert (await upload(ingest, *first, broken)).status_code == 400
        assert len(ingest.broker.logs) == PART_ENTRIES, "the part with the error is refused as a whole"
        assert (await upload(ingest, *first, *more)).status_code == 202
        assert [log["message"] for log in ingest.broker.logs] == [f"m{n}" for n in range(PART_ENTRIES + 13)]


async def test_an_upload_waits_while_the_broker_is_away_and_is_refused_if_that_takes_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with ingest_service() as ingest:
        ingest.broker.failure = AWAY
        uploading = asyncio.ensure_future(upload(ingest, *numbered(3)))
        await wait_until(lambda: ingest.broker.seen > 0)
        ingest.broker.failure = None
        assert (await uploading).status_code == 202
        assert len(ingest.broker.logs) == 3
        monkeypatch.setattr(streamed_bodies, "PATIENCE_S", 0.0)
        ingest.broker.failure = AWAY
        refused = await upload(ingest, *numbered(3, 3))
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")


async def test_a_sender_that_falls_silent_and_an_entry_without_an_end_are_refused() -> None:
    async with ingest_service(limits=Limits(request_bytes=100_000)) as ingest:
        silent = await upload(ingest, *numbered(1), b"", until=asyncio.Event())
        assert silent.status_code == 408
        endless = await upload(ingest, *[b"MESSAGE=" + b"x" * 60_000] * 3)
        assert endless.status_code == 413
        assert "an entry of a journal may have 100000 bytes" in endless.text
        assert ingest.broker.logs == []


@given(st.data())
def test_parts_are_the_same_however_an_export_is_cut_into_chunks(data: st.DataObject) -> None:
    entries = [
        *numbered(3), b"\n", exported(MESSAGE=b"a\n\nb="), exported(BLOB=b"\n" * 300), *numbered(4, 3), b"REST=1",
    ]  # fmt: skip
    body = b"".join(entries)
    cuts = sorted({0, len(body), *data.draw(st.lists(st.integers(0, len(body)), max_size=30))})
    parts = JournalParts(Limits(entries=2))
    made = [part for begin, end in itertools.pairwise(cuts) for part in parts.feed(body[begin:end])]
    assert [*made, parts.finish()] == [
        b"".join(entries[:2]), b"".join(entries[2:5]), b"".join(entries[5:7]), b"".join(entries[7:9]),
        b"".join(entries[9:]),
    ]  # fmt: skip
