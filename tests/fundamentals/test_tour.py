"""The tour: what Logloop does, in the order a newcomer meets it. Each test uses the platform as a user does."""

import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from logloop import Client, LogEntry, LoggingHandler
from logloop.demo.shop import ROOT_CAUSE_SERVICE, ROOT_CAUSE_TEXT, Incident, Shop
from logloop.errors import LogloopError
from logloop_contracts import Severity

from tests.fakes.github import FakeJob
from tests.fundamentals.conftest import EVENT, REPOSITORY, WORKFLOW, Place, eventually

pytestmark = pytest.mark.xdist_group("fundamentals")

JOB_LOG = (
    "2026-11-22T10:00:01.1234567Z ##[group]Run pytest\n"
    "2026-11-22T10:00:01.2000000Z ##[endgroup]\n"
    "2026-11-22T10:00:02.0000000Z FAILED tests/test_provider.py::test_reachable - assert 504 == 200\n"
    "2026-11-22T10:00:03.0000000Z ##[error]Process completed with exit code 1.\n"
)


def entry(place: Place, message: str, severity: str = "info", **more: Any) -> LogEntry:
    project = place.client.connection.require_project()
    fields = {"service_id": "tour", "timestamp": datetime.now(UTC), **more}
    return LogEntry(project_id=project, message=message, severity=Severity(severity), **fields)


def test_1_a_log_that_was_accepted_is_found(place: Place) -> None:
    sent = place.client.send([entry(place, "first light 42", attributes={"http": {"status": 502}})])
    assert (sent.accepted, sent.rejected) == (1, [])
    [found] = eventually(lambda: place.client.search('"first light"').items)
    assert (found.message, found.severity, found.attributes) == ("first light 42", "info", {"http": {"status": 502}})
    assert place.client.get_log(found.id) == found


def test_2_an_entry_that_breaks_the_contract_is_named_and_the_others_are_taken(place: Place) -> None:
    sent = place.client.send(
        [
            {"service_id": "tour", "message": "good", "severity": "warning"},
            {"service_id": "tour", "message": "bad", "severity": "loud"},
        ]
    )
    assert sent.accepted == 1
    assert [refusal.index for refusal in sent.rejected] == [1]
    assert sent.rejected[0].errors[0]["field"] == "severity"


def test_3_a_retry_with_the_same_key_stores_nothing_twice(place: Place) -> None:
    again = [entry(place, "told twice")]
    for _ in range(3):
        assert place.client.send(again, idempotency_key="tour-3").accepted == 1
    place.client.send([entry(place, "told after")])
    eventually(lambda: place.client.search('"told after"').items)
    assert len(place.client.search('"told twice"').items) == 1


def test_4_search_combines_words_fields_and_patterns(place: Place) -> None:
    place.client.send(
        [
            entry(place, "connection refused by cart:8080", "error", service_id="checkout"),
            entry(place, "connection refused by cart:8080 (debug probe)", "debug", service_id="checkout"),
            entry(place, "request timeout after 30 s", "error", service_id="cart", test_id="tests/test_a.py::test_b"),
        ]
    )
    eventually(lambda: place.client.search("service:cart").items)

    def messages(q: str) -> set[str]:
        return {log.message for log in place.client.search(q, since="1h").items}

    assert messages('service:checkout "connection refused" -probe') == {"connection refused by cart:8080"}
    assert messages("severity:error AND message:/time(d )?out/ AND service:cart") == {"request timeout after 30 s"}
    assert messages("test_id:tests* service:c*") == {"request timeout after 30 s"}
    with pytest.raises(LogloopError):
        place.client.search('severity:error "unclosed')


def test_5_a_live_tail_shows_what_comes_in_and_nothing_else(place: Place) -> None:
    got: list[str] = []
    opened = threading.Event()

    def follow() -> None:
        with Client(
            place.client.connection.url, place.client.connection.api_key, project=place.client.connection.project
        ) as client:
            for log in client.tail("service:tail severity:error", on_event=lambda _: opened.set()):
                got.append(log.message)
                return

    reader = threading.Thread(target=follow, daemon=True)
    reader.start()

    def sent_until_seen() -> bool:
        place.client.send(
            [entry(place, "not this", service_id="tail"), entry(place, "this", "error", service_id="tail")]
        )
        return bool(got)

    eventually(sent_until_seen)
    reader.join(30)
    assert got == ["this"]


def test_6_the_logging_handler_sends_what_a_program_logs(place: Place) -> None:
    connection = place.client.connection
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
    [found] = eventually(lambda: place.client.search("service:app").items)
    assert found.message == "payment p-17 failed"
    assert found.attributes is not None
    assert found.attributes["trace_id"] == "abc"


def test_7_an_analysis_finds_the_cause_and_cites_lines_that_exist(place: Place) -> None:
    until = datetime.now(UTC)
    trouble = until - timedelta(minutes=3)
    shop = Shop(place.client.connection.require_project(), until - timedelta(minutes=10), until, Incident(trouble))
    sent = place.client.send(shop.entries())
    assert sent.rejected == []
    eventually(lambda: place.client.search(f'"{ROOT_CAUSE_TEXT}"', since=trouble).items)

    asked = place.client.analyze("source:demo", question="Why do orders fail?", since=trouble, until=until)
    done = place.client.wait_for_analysis(asked.id)
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
        assert place.client.get_log(log_id).id == log_id


def test_8_the_loop_closes_a_log_starts_a_workflow_and_its_output_comes_back_as_logs(place: Place) -> None:
    project = place.client.connection.require_project()
    pipeline = {"name": "probe", "service_id": "payment", "repository": REPOSITORY, "workflow": WORKFLOW}
    made = place.client.request(
        "POST", "/ci/pipelines", body={"project_id": project, "event_type": EVENT, **pipeline}
    )
    rule = {
        "name": "refusals",
        "condition": 'log.severity == "error" && log.message.contains("card refused") && stats.count >= 3',
        "action": {"pipeline_id": made["id"]},
    }
    place.client.request("POST", "/ci/rules", body={"project_id": project, **rule})

    def dispatched() -> bool:
        place.client.send([entry(place, f"card refused {n}", "error", service_id="payment") for n in range(3)])
        return place.github.count("dispatch") > 0

    eventually(dispatched)
    [run] = place.github.runs.values()
    place.github.finish(run, "failure", [FakeJob(name="probe", conclusion="failure", log=JOB_LOG)])

    [line] = eventually(lambda: place.client.search("source:github-actions test_id:*", since="365d").items)
    assert line.test_id == "tests/test_provider.py::test_reachable"
    assert line.service_id == "payment"
    assert line.attributes is not None
    assert line.attributes["ci.repository"] == REPOSITORY
    assert place.github.count("dispatch") == 1


def test_9_a_key_of_another_project_sees_nothing_of_this_one(place: Place) -> None:
    place.as_administrator("/projects", {"id": "elsewhere", "name": "Elsewhere"})
    key = {"name": "stranger", "project_id": "elsewhere", "scopes": ["read", "ingest"]}
    made = place.as_administrator("/api-keys", key)
    ours = place.client.connection.require_project()
    with Client(place.client.connection.url, made["key"], project="elsewhere") as stranger:
        assert stranger.search("").items == []
        for attempt in (
            lambda: stranger.search("", project=ours),
            lambda: stranger.send([entry(place, "planted")]),
            lambda: stranger.get_log(place.client.search("").items[0].id),
        ):
            with pytest.raises(LogloopError):
                attempt()


def test_10_everything_can_be_taken_out_again(place: Place) -> None:
    body = b"".join(place.client.export("service:checkout OR service:cart", since="1h"))
    lines = body.decode().splitlines()
    assert len(lines) == len({line.split('"id":')[1][:60] for line in lines}) > 0
    csv = b"".join(place.client.export("service:tour", format="csv", since="1h"))
    assert csv.splitlines()[0].startswith(b"id,")
