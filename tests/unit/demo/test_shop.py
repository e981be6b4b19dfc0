"""The simulated shop is reproducible, and its incident starts when configured."""

from datetime import UTC, datetime, timedelta

from logloop.demo.shop import ROOT_CAUSE_TEXT, SERVICES, Incident, Shop

START = datetime(2026, 11, 22, 10, tzinfo=UTC)
END = START + timedelta(minutes=20)
BREAKS = START + timedelta(minutes=15)


def test_the_same_seed_gives_the_same_entries() -> None:
    assert list(Shop("shop", START, END).entries()) == list(Shop("shop", START, END).entries())


def test_without_an_incident_every_service_logs_and_there_are_no_errors() -> None:
    entries = list(Shop("shop", START, END).entries())
    assert {entry.service_id for entry in entries} == set(SERVICES)
    assert not [entry for entry in entries if entry.severity == "error"]
    assert all(START <= entry.timestamp <= END for entry in entries)


def test_during_the_incident_the_root_cause_is_first_in_every_failed_trace() -> None:
    entries = list(Shop("shop", START, END, Incident(BREAKS)).entries())
    errors = [entry for entry in entries if entry.severity == "error"]
    assert min(entry.timestamp for entry in errors) >= BREAKS
    first: dict[str, str] = {}
    for entry in errors:
        assert entry.attributes
        first.setdefault(str(entry.attributes["trace_id"]), entry.message)
    assert first
    assert all(message.startswith(ROOT_CAUSE_TEXT) for message in first.values())


def test_orders_pending_at_the_end_do_not_fail_all_at_once() -> None:
    failed = [e for e in Shop("shop", START, END, Incident(BREAKS)).entries() if e.severity == "error"]
    assert len({entry.timestamp for entry in failed}) == len(failed)
    assert max(entry.timestamp for entry in failed) < END
