"""Syslog messages as programs and devices send them, read exactly."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.translated_entries import TranslatedEntry
from logloop_ingest.protocols.syslog import SyslogDefaults, entry_of_syslog

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DEFAULTS = SyslogDefaults("network", "10.0.0.7")


def read(data: str | bytes, defaults: SyslogDefaults = DEFAULTS, now: datetime = NOW) -> TranslatedEntry:
    raw = data.encode() if isinstance(data, str) else data
    return entry_of_syslog(raw, defaults, Limits(), round(now.timestamp() * 1e6))


def at(entry: TranslatedEntry) -> str:
    return datetime.fromtimestamp(entry.timestamp / 1e6, UTC).isoformat()


def test_rfc_5424_with_structured_data_and_a_bom() -> None:
    entry = read(
        "<165>1 2026-11-22T11:06:01.003+01:00 web1 shop 8710 ID47 "
        '[x@32473 iut="3" say="a \\"b\\" \\] \\\\"][y z="1"] \ufeffAn event\nof two lines'
    )
    assert (entry.message, entry.service_id, entry.severity) == ("An event\nof two lines", "shop", "info")
    assert at(entry) == "2026-11-22T10:06:01.003000+00:00"
    assert entry.attributes == {
        "host.name": "web1", "program": "shop", "process.pid": 8710, "syslog.message_id": "ID47",
        "syslog.facility": "local4", "severity_text": "notice",
        "syslog.structured_data": {"x@32473": {"iut": "3", "say": 'a "b" ] \\'}, "y": {"z": "1"}},
    }  # fmt: skip


def test_rfc_5424_without_anything() -> None:
    entry = read("<0>1 - - - - - -")
    assert (entry.service_id, entry.severity, at(entry)) == ("network", "error", NOW.isoformat())
    assert entry.attributes == {"host.name": "10.0.0.7", "syslog.facility": "kern", "severity_text": "emergency"}


@pytest.mark.parametrize(
    ("text", "message", "service", "attributes"),
    [
        ("<34>Nov 22 11:06:01 web1 su: 'su root' failed", "'su root' failed", "su", {"host.name": "web1"}),
        ("<34>Nov 22 11:06:01 web1 sshd[31]: no", "no", "sshd", {"process.pid": 31, "host.name": "web1"}),
        ("<34>Nov 22 11:06:01 sshd[31]: no host", "no host", "sshd", {"host.name": "10.0.0.7"}),
        ("<34>2026-11-22T11:06:01.5+00:00 web1 cron[7]: iso", "iso", "cron", {"host.name": "web1"}),
        ("<34>Nov 22 2026 11:06:01: %ASA-6-302013: Built", "%ASA-6-302013: Built", "network", {}),
        ("<13>logger: no time", "no time", "logger", {"host.name": "10.0.0.7"}),
        ("<13>just a text", "just a text", "network", {"syslog.facility": "user"}),
        ("no priority at all", "no priority at all", "network", {"host.name": "10.0.0.7"}),
        ("<999>too large", "<999>too large", "network", {}),
        ("<34>Feb 30 11:06:01 web1 x: y", "Feb 30 11:06:01 web1 x: y", "network", {}),
    ],
)
def test_rfc_3164_as_it_is_sent(text: str, message: str, service: str, attributes: dict[str, Any]) -> None:
    entry = read(text)
    assert (entry.message, entry.service_id) == (message, service)
    assert entry.attributes is not None
    assert entry.attributes.items() >= attributes.items()


def test_a_time_without_year_and_zone_is_the_nearest_in_the_past() -> None:
    assert at(read("<34>Nov 22 11:06:01 web1 su: a")) == "2026-11-22T11:06:01+00:00"
    assert at(read("<34>Dec 31 23:59:59 web1 su: a")) == "2025-12-31T23:59:59+00:00"
    new_year = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert at(read("<34>Jan  1 00:00:01 web1 su: a", now=new_year)) == "2027-01-01T00:00:01+00:00"
    assert at(read("<34>Feb 29 10:00:00 web1 su: a", now=datetime(2028, 3, 1, tzinfo=UTC)))[:10] == "2028-02-29"
    berlin = SyslogDefaults("network", zone=ZoneInfo("Europe/Berlin"))
    assert at(read("<34>Nov 22 11:06:01.25 web1 su: a", berlin)) == "2026-11-22T10:06:01.250000+00:00"


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"<34>1 {text}".encode()))
def test_no_message_is_refused_and_its_text_is_kept(data: bytes) -> None:
    entry = read(data)
    assert entry.service_id
    assert entry.severity in {"error", "warn", "info", "debug"}
    if not data.startswith(b"<") and data.strip(b"\r\n\0"):
        assert entry.message
        assert entry.message in data.decode("utf-8", "replace")
