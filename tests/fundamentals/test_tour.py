"""A tour of what Logloop does, in the order a new user meets it. Each test uses the platform as a user does."""

import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from logloop import Client, LogEntry, LoggingHandler
from logloop.demo.shop import ROOT_CAUSE_SERVICE, ROOT_CAUSE_TEXT, Incident, Shop
from logloop.errors import LogloopError
from logloop_contracts import Severity

from tests.fakes.github import FakeJob, FakeRun
from tests.fundamentals.conftest import EVENT, REPOSITORY, WORKFLOW, TourPlatform, eventually

pytestmark = pytest.mark.xdist_group("fundamentals")

JOB_LOG = (
    "2026-11-22T10:00:01.1234567Z ##[group]Run pytest\n"
    "2026-11-22T10:00:01.2000000Z ##[endgroup]\n"
    "2026-11-22T10:00:02.0000000Z FAILED tests/test_provider.py::test_reachable - assert 504 == 200\n"
    "2026-11-22T10:00:03.0000000Z ##[error]Process completed with exit code 1.\n"
)


def entry(tour: TourPlatform, message: str, severity: str = "info", **more: Any) -> LogEntry:
    project = tour.client.connection.require_project()
    fields = {"service_id": "tour", "timestamp": datetime.now(UTC), **more}
    return LogEntry(project_id=project, message=message, severity=Severity(severity), **fields)


def test_1_an_accepted_log_is_found(tour: TourPlatform) -> None:
    sent = tour.client.send([entry(tour, "first light 42", attributes={"http": {"status": 502}})])
    assert (sent.accepted, sent.rejected) == (1, [])
    [found] = eventually(lambda: tour.client.search('"first light"').items)
    assert (found.message, found.severity, found.attributes) == ("first light 42", "info", {"http": {"status": 502}})
    assert tour.client.get_log(found.id) == found


def test_2_an_invalid_entry_is_rejected_with_its_field_and_the_others_are_accepted(tour: TourPlatform) -> None:
    sent = tour.client.send(
        [
            {"service_id": "tour", "message": "good", "severity": "warning"},
            {"service_id": "tour", "message": "bad", "severity": "loud"},
        ]
    )
    assert sent.accepted == 1
    assert [rejected.index for rejected in sent.rejected] == [1]
    assert sent.rejected[0].errors[0]["field"] == "severity"


def test_3_a_retry_with_the_same_key_stores_nothing_twice(tour: TourPlatform) -> None:
    again = [entry(tour, "sent twice")]
    for _ in range(3):
        assert tour.client.send(again, idempotency_key="tour-3").accepted == 1
    tour.client.send([entry(tour, "sent afterwards")])
    eventually(lambda: tour.client.search('"sent afterwards"').items)
    assert len(tour.client.search('"sent twice"').items) == 1


def test_4_search_combines_words_fields_and_patterns(tour: TourPlatform) -> None:
    tour.client.send(
        [
            entry(tour, "connection refused by cart:8080", "error", service_id="checkout"),
            entry(tour, "connection refused by cart:8080 (debug probe)", "debug", service_id="checkout"),
            entry(tour, "request timeout after 30 s", "error", service_id="cart", test_id="tests/test_a.py::test_b"),
        ]
    )
    eventually(lambda: tour.client.search("service:cart").items)

    def messages(q: str) -> set[str]:
        return {log.message for log in tour.client.search(q, since="1h").items}

    assert messages('service:checkout "connection refused" -probe') == {"connection refused by cart:8080"}
    assert messages("severity:error AND message:/time(d )?out/ AND service:cart") == {"request timeout after 30 s"}
    assert messages("test_id:tests* service:c*") == {"request timeout after 30 s"}
    with pytest.raises(LogloopError):
        tour.client.search('severity:error "unclosed')


def test_5_a_live_tail_shows_only_matching_new_logs(tour: TourPlatform) -> None:
    received: list[str] = []
    opened = threading.Event()

    def follow() -> None:
        with Client(
            tour.client.connection.url, tour.client.connection.api_key, project=tour.client.connection.project
        ) as client:
            for log in client.tail("service:tail severity:error", on_event=lambda _: opened.set()):
                received.append(log.message)
                return

    reader = threading.Thread(target=follow, daemon=True)
    reader.start()

    def sent_until_seen() -> bool:
        tour.client.send(
            [entry(tour, "not this", service_id="tail"), entry(tour, "this", "error", service_id="tail")]
        )
        return bool(received)

    eventually(sent_until_seen)
    reader.join(30)
    assert received == ["this"]


def test_6_the_logging_handler_sends_the_logs_of_a_program(tour: TourPlatform) -> None:
    connection = tour.client.connection
    handler = LoggingHandler(
        url=connection.url, api_key=connection.api_key, project=connection.project, service="app"
    )
    log = logging.getLogger("tour")
    log.addHandler(handler)
    try:
        log.error("payment %s failed", "p-17", extra={"trace_id": "abc"})
        handler.flush(30)
    finally:
        log.removeHandler(handler)
        handler.close()
    [found] = eventually(lambda: tour.client.search("service:app").items)
    assert found.message == "payment p-17 failed"
    assert found.attributes is not None
    assert found.attributes["trace_id"] == "abc"


def test_7_an_analysis_finds_the_cause_and_cites_existing_lines(tour: TourPlatform) -> None:
    until = datetime.now(UTC)
    trouble = until - timedelta(minutes=3)
    shop = Shop(tour.client.connection.require_project(), until - timedelta(minutes=10), until, Incident(trouble))
    sent = tour.client.send(shop.entries())
    assert sent.rejected == []
    eventually(lambda: tour.client.search(f'"{ROOT_CAUSE_TEXT}"', since=trouble).items)

    analysis = tour.client.analyze("source:demo", question="Why do orders fail?", since=trouble, until=until)
    done = tour.client.wait_for_analysis(analysis.id)
    assert done.status == "completed"
    assert done.report is not None
    report = done.report
    assert report["verdict"] in {"confirmed", "likely"}
    assert report["findings"][0]["service_id"] == ROOT_CAUSE_SERVICE
    assert report["mode"] == "deterministic"
    assert report["degraded_reason"]
    cited = {log_id for claim in report["claims"] for log_id in claim["citations"]}
    assert cited
    for log_id in list(cited)[:5]:
        assert tour.client.get_log(log_id).id == log_id


def test_8_a_log_starts_a_workflow_whose_output_comes_back_as_logs(tour: TourPlatform) -> None:
    project = tour.client.connection.require_project()
    pipeline = {"name": "probe", "service_id": "payment", "repository": REPOSITORY, "workflow": WORKFLOW}
    created = tour.client.request(
        "POST", "/ci/pipelines", body={"project_id": project, "event_type": EVENT, **pipeline}
    )
    rule = {
        "name": "refusals",
        "condition": 'log.severity == "error" && log.message.contains("card refused") && stats.count >= 3',
        "action": {"pipeline_id": created["id"]},
    }
    tour.client.request("POST", "/ci/rules", body={"project_id": project, **rule})

    def started() -> list[FakeRun]:
        tour.client.send([entry(tour, f"card refused {n}", "error", service_id="payment") for n in range(3)])
        return list(tour.github.runs.values())

    [run] = eventually(started)
    tour.github.finish(run, "failure", [FakeJob(name="probe", conclusion="failure", log=JOB_LOG)])

    [line] = eventually(lambda: tour.client.search("source:github-actions test_id:*", since="365d").items)
    assert line.test_id == "tests/test_provider.py::test_reachable"
    assert line.service_id == "payment"
    assert line.attributes is not None
    assert line.attributes["ci.repository"] == REPOSITORY
    assert tour.github.count("dispatch") == 1


def test_9_a_key_of_another_project_has_no_access_to_this_one(tour: TourPlatform) -> None:
    tour.as_administrator("/projects", {"id": "elsewhere", "name": "Elsewhere"})
    key = {"name": "stranger", "project_id": "elsewhere", "scopes": ["read", "ingest"]}
    created = tour.as_administrator("/api-keys", key)
    ours = tour.client.connection.require_project()
    with Client(tour.client.connection.url, created["key"], project="elsewhere") as stranger:
        assert stranger.search("").items == []
        for attempt in (
            lambda: stranger.search("", project=ours),
            lambda: stranger.send([entry(tour, "planted")]),
            lambda: stranger.get_log(tour.client.search("").items[0].id),
        ):
            with pytest.raises(LogloopError):
                attempt()


def test_10_all_logs_can_be_exported(tour: TourPlatform) -> None:
    body = b"".join(tour.client.export("service:checkout OR service:cart", since="1h"))
    lines = body.decode().splitlines()
    assert len(lines) == len({line.split('"id":')[1][:60] for line in lines}) > 0
    csv = b"".join(tour.client.export("service:tour", format="csv", since="1h"))
    assert csv.splitlines()[0].startswith(b"id,")
