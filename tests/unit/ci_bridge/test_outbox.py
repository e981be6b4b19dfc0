"""The outbox: every transition from the result of an attempt to the next state."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_ci_bridge.dispatches.dispatcher import event_of
from logloop_ci_bridge.dispatches.outbox import (
    MAX_ATTEMPTS,
    Dispatch,
    DispatchAccepted,
    DispatchDeferred,
    DispatchRecorded,
    DispatchRejected,
    OutcomeUnknown,
    SendResult,
    after_sending,
    manual_key,
    rule_key,
)
from logloop_ci_bridge.dispatches.run_matching import match_run
from logloop_ci_bridge.github.workflow_runs import ReportedRun
from logloop_contracts.channels import CI_DISPATCH_FAILED, CI_DISPATCHED

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ID = "01JD0000000000000000000000"
OTHER = "01JD0000000000000000000001"


def dispatch(**more: Any) -> Dispatch:
    values: dict[str, Any] = {
        "id": "D",
        "project_id": "shop",
        "state": "sending",
        "dedupe_key": "k",
        "correlation_id": ID,
        "mode": "repository_dispatch",
        "repository": "acme/shop",
        "event_type": "x",
        "service_id": "checkout",
        "pipeline_id": "P",
        "created_at": NOW,
        "posted_at": NOW,
        "attempts": 1,
    }
    return Dispatch.model_validate({**values, **more})


@pytest.mark.parametrize(
    ("result", "attempts", "state", "wait_s"),
    [
        (DispatchAccepted(status=204), 1, "sent", None),
        (DispatchAccepted(status=200, run_id="7"), 1, "sent", None),
        (DispatchRejected(status=422, detail="no"), 1, "failed", None),
        (DispatchRecorded(detail="console"), 1, "recorded", None),
        (OutcomeUnknown(status=502, detail="?"), 1, "sending", 20),
        (DispatchDeferred(detail="unavailable"), 1, "pending", 5),
        (DispatchDeferred(detail="unavailable"), 3, "pending", 20),
        (DispatchDeferred(detail="unavailable"), MAX_ATTEMPTS, "failed", None),
        (DispatchDeferred(detail="slow", retry_after_s=120), 1, "pending", 120),
        (DispatchDeferred(detail="slow", retry_after_s=0), 1, "pending", 1),
        (DispatchDeferred(detail="slow", retry_after_s=60), MAX_ATTEMPTS + 5, "pending", 60),
    ],
)
def test_every_result_has_its_next_state(result: SendResult, attempts: int, state: str, wait_s: float | None) -> None:
    fields = after_sending(dispatch(attempts=attempts), result, now=NOW, settle_s=20)
    assert fields["state"] == state
    due = fields["next_attempt_at"]
    assert due == (None if wait_s is None else NOW + timedelta(seconds=wait_s))
    assert (fields.get("finished_at") is not None) == (state in ("sent", "failed", "recorded"))


def test_the_same_log_gives_the_same_key_and_another_slot_another() -> None:
    key = rule_key("r", 900, NOW, "log-1")
    assert key == rule_key("r", 900, NOW + timedelta(seconds=1), "log-1")
    assert key != rule_key("r", 900, NOW + timedelta(seconds=900), "log-1")
    assert key != rule_key("r", 900, NOW, "log-2")
    assert key != rule_key("q", 900, NOW, "log-1")
    assert manual_key("a") != manual_key("b")


@pytest.mark.parametrize(
    ("state", "channel", "mode"),
    [
        ("sent", CI_DISPATCHED, "repository_dispatch"),
        ("recorded", CI_DISPATCHED, "console"),
        ("failed", CI_DISPATCH_FAILED, None),
    ],
)
def test_the_outcome_is_published(state: str, channel: Any, mode: str | None) -> None:
    channel_used, event = event_of(dispatch(state=state, detail="words", status=404, hop=2))
    assert channel_used is channel
    assert event.model_dump().get("mode") == mode
    assert event.model_dump()["hop"] == 2


def test_workflow_inputs_are_strings() -> None:
    made = dispatch(payload={"n": 1, "yes": True, "t": "x"}, correlation_input="cid")
    assert made.inputs() == {"n": "1", "yes": "true", "t": "x", "cid": ID}


# --- matching runs ----------------------------------------------------------------------------------------


def run(run_id: str, title: str = "x", *, at: float = 0, workflow: str = "a.yml") -> ReportedRun:
    created = NOW + timedelta(seconds=at)
    return ReportedRun(
        run_id=run_id, repository="acme/shop", status="queued", title=title, created_at=created, workflow=workflow
    )


def test_the_correlation_id_takes_precedence_over_time() -> None:
    found = match_run(dispatch(), [run("near"), run("named", f"logloop {ID}", at=200)], frozenset())
    assert found is not None
    assert (found.run.run_id, found.guessed) == ("named", False)


@pytest.mark.parametrize(
    ("runs", "taken", "wanted"),
    [
        ([run("1", at=3), run("2", at=1)], (), "2"),
        ([run("1", at=3), run("2", at=1)], ("2",), "1"),
        ([run("1", at=-60)], (), None),
        ([run("1", at=900)], (), None),
        ([run("1", f"logloop {OTHER}")], (), None),
        ([run("1", workflow="b.yml")], (), None),
        ([], (), None),
    ],
    ids=["first", "first free", "before", "long after", "another's", "another workflow", "none"],
)
def test_a_guess_takes_the_first_free_run_after_the_request(
    runs: list[ReportedRun], taken: tuple[str, ...], wanted: str | None
) -> None:
    found = match_run(dispatch(workflow="a.yml"), runs, frozenset(taken))
    assert (found.run.run_id if found else None) == wanted
    assert found is None or found.guessed


@given(st.permutations([("queued", 1), ("in_progress", 1), ("completed", 1), ("queued", 2), ("completed", 2)]))
def test_the_furthest_state_wins_in_any_order_of_reports(reports: list[tuple[Any, int]]) -> None:
    best = max(
        (ReportedRun(run_id="1", repository="a/b", status=status, attempt=attempt) for status, attempt in reports),
        key=lambda seen: seen.order,
    )
    assert (best.status, best.attempt) == ("completed", 2)
