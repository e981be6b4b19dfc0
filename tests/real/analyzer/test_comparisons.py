"""A failed test is compared with its green runs, and the failures of a run are grouped, over HTTP."""

import asyncio
from dataclasses import asdict
from typing import Any

from logloop_analyzer.comparison.history import Attempt

from tests.real.analyzer.harness import Running, running
from tests.unit.analyzer.attempts_of_tests import TEST, Logged, attempt_table, outcome

COMPARISON = "/api/v1/analyzer/test-comparison"
GOOD, BAD = "9" * 40, "4" * 40
OTHER = "tests/test_order.py::test_paid"
GREEN: list[Logged] = [("payment", "warn", "pay-eu timed out"), ("payment", "info", "switching to pay-us")]
RED: list[Logged] = [("payment", "warn", "pay-eu timed out"), ("payment", "error", "gave up")]


def hold(analyzer: Running, *attempts: Attempt, **lines: list[Logged]) -> None:
    """Serve outcomes, newest first, and the lines of runs by their numbers."""
    for item in attempts:
        served = {**asdict(item), "at": item.at.isoformat()}
        analyzer.query.history.setdefault(item.test_id, []).append(served)
        run = analyzer.query.test_runs.setdefault(
            item.test_run_id,
            {
                "id": item.test_run_id,
                "run_id": item.run_id,
                "project_id": "shop",
                "source": "pytest",
                "started_at": item.at.isoformat(),
                "commit": item.commit,
                "branch": "main",
                "counts": {"passed": 9},
                "outcomes": [],
            },
        )
        run["counts"][item.outcome] = run["counts"].get(item.outcome, 0) + 1
        run["outcomes"].append(served)
    analyzer.query.tables += [attempt_table(rows, int(name.removeprefix("run_"))) for name, rows in lines.items()]


async def get(analyzer: Running, path: str, **params: str) -> dict[str, Any]:
    response = await analyzer.http.get(path, params={"project_id": "shop", **params})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def test_the_newest_failure_is_compared_with_the_green_runs_before_it(analyzer: Running) -> None:
    failed = [outcome(3, "failed", BAD), outcome(2, "failed", BAD)]
    hold(analyzer, *failed, outcome(1, "passed", GOOD), run_3=RED, run_1=GREEN)
    found = await get(analyzer, COMPARISON, test_id=TEST)
    assert found["subject"]["run_id"] == "run-3"
    assert [item["run_id"] for item in found["greens"]] == ["run-1"]
    assert found["verdict"]["kind"] == "regressed"
    assert found["verdict"]["first_bad_commit"] == BAD
    assert found["first_difference"]["text"] == (
        "payment: after 'pay-eu timed out', the green runs continue with 'switching to pay-us'; "
        "this run with 'gave up'."
    )
    assert [row["mark"] for row in found["rows"]] == ["same", "missing", "new"]
    assert found["rows"][2]["run"]["log_id"].startswith("d" * 26)
    assert 'logs.never("payment", "error", "gave up")' in found["generated"]["code"]
    assert found["generated"]["green_runs"] == 1


async def test_lines_of_a_template_that_people_have_made_are_the_same_step(analyzer: Running) -> None:
    lines: list[Logged] = [("payment", "warn", f"{name} timed out") for name in ("pay-eu", "pay-us")]
    hold(analyzer, outcome(2, "failed", BAD), outcome(1, "passed", GOOD), run_2=lines[:1], run_1=lines[1:])
    assert [row["mark"] for row in (await get(analyzer, COMPARISON, test_id=TEST))["rows"]] == ["missing", "new"]
    analyzer.query.edits = [{"template": "<*> timed out", "action": "merge"}]
    assert [row["mark"] for row in (await get(analyzer, COMPARISON, test_id=TEST))["rows"]] == ["same"]


async def test_failures_of_a_run_are_grouped_by_their_cause(analyzer: Running) -> None:
    failed = [outcome(2, "failed", BAD), outcome(2, "failed", BAD, test_id=OTHER, failure="KeyError: <*>")]
    greens = [outcome(1, "passed", GOOD), outcome(1, "passed", GOOD, test_id=OTHER)]
    alone = outcome(2, "error", BAD, test_id="tests/test_new.py::test_x", failure="no such fixture")
    hold(analyzer, *failed, *greens, alone, run_2=RED, run_1=GREEN)
    found = await get(analyzer, f"/api/v1/analyzer/test-runs/{failed[0].test_run_id}/failures")
    assert [sorted(group["tests"]) for group in found["groups"]] == [[OTHER, TEST], [alone.test_id]]
    assert found["groups"][1]["signature"]["title"] == "no such fixture"
    assert (found["failed"], found["decided"], found["compared"]) == (3, 12, 3)


async def test_without_green_runs_or_lines_the_answer_says_what_is_missing(analyzer: Running) -> None:
    hold(analyzer, outcome(2, "failed", BAD), run_2=RED)
    found = await get(analyzer, COMPARISON, test_id=TEST)
    assert (found["generated"], found["greens"]) == (None, [])
    assert found["not_generated"] == "there is no run in which the test passed"
    assert [row["run"]["message"] for row in found["rows"]] == ["pay-eu timed out", "gave up"]
    analyzer.query.tables.clear()
    found = await get(analyzer, COMPARISON, test_id=TEST)
    assert found["not_generated"] == "the lines of this run are no longer stored, or did not arrive"


async def test_unknown_tests_and_runs_are_not_found_and_others_see_nothing(
    analyzer: Running, emptied_amqp_url: str, mongo_url: str
) -> None:
    params = {"project_id": "shop", "test_id": TEST}
    answer = await analyzer.http.get(COMPARISON, params=params)
    assert (answer.status_code, "no outcome yet" in answer.text) == (404, True)
    hold(analyzer, outcome(2, "failed", BAD), run_2=RED)
    answer = await analyzer.http.get(COMPARISON, params={**params, "test_run_id": "f" * 32})
    assert (answer.status_code, "no outcome in that run" in answer.text) == (404, True)
    path = "/api/v1/analyzer/test-runs/{}/failures"
    answer = await analyzer.http.get(path.format("f" * 32), params={"project_id": "shop"})
    assert (answer.status_code, "no test run" in answer.text) == (404, True)
    run = outcome(2, "failed").test_run_id
    analyzer.query.test_runs[run]["project_id"] = "another"
    answer = await analyzer.http.get(path.format(run), params={"project_id": "shop"})
    assert answer.status_code == 404
    async with running(emptied_amqp_url, mongo_url, no_auth=False) as closed:
        for url, more in ((COMPARISON, {"test_id": TEST}), (path.format(run), {})):
            answer = await closed.http.get(url, params={"project_id": "shop", **more})
            assert answer.status_code == 401


async def test_too_many_comparisons_at_once_are_postponed(analyzer: Running) -> None:
    hold(analyzer, outcome(2, "failed", BAD), run_2=RED)
    analyzer.query.stall = asyncio.Event()
    params = {"project_id": "shop", "test_id": TEST}
    many = [asyncio.create_task(analyzer.http.get(COMPARISON, params=params)) for _ in range(12)]
    refused, _ = await asyncio.wait(many, return_when=asyncio.FIRST_COMPLETED)
    analyzer.query.stall.set()
    answers = await asyncio.gather(*many)
    assert {answer.status_code for answer in answers} == {200, 429}
    assert all(task.result().headers["retry-after"] == "2" for task in refused)
