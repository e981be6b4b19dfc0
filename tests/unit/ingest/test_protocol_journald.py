"""The export format of systemd's journal: fields on lines, binary fields, and what they become."""

import json

import pytest

from tests.unit.ingest.harness import ingest_service

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
        assert "1 rejected" in answer.text
        for _ in range(2):
            await ingest.send(UPLOAD, exported(MESSAGE="once") + exported(MESSAGE="twice"), **JOURNAL)
        assert [log["message"] for log in ingest.broker.logs] == ["once", "twice"]
        many = await ingest.send(UPLOAD, exported(MESSAGE="m") * 10_001, **JOURNAL)
        assert many.status_code == 413
        assert (await ingest.send(UPLOAD, b"", **JOURNAL)).status_code == 202
