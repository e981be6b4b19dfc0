"""Dispatches that programs request: by name, after a failure, with a cooldown, and cancelled again."""

import asyncio
from typing import Any

from logloop_chassis.testing import wait_until

from tests.fakes.github import FakeGitHub, Script
from tests.real.ci_bridge.bridge_app import PREFIX, PROJECT, REPOSITORY, FakeQuery, Running

FIELDS = [
    {"name": "order_id", "description": "The order.", "max_length": 20},
    {"name": "service", "source": "log.service_id"},
    {"name": "kind", "source": "log.attributes.exception.type"},
    {"name": "message", "source": "log.message"},
    {"name": "recent", "type": "lines", "source": "logs.recent"},
]
FAILURE = {
    "message": "PaymentDeclined: $(reboot) for ann@example.org",
    "attributes": {"exception.type": "shop.PaymentDeclined", "retries": 3},
    "recent": ["first `line`", "token=abcdef0123456789abcdef"],
}


async def _pipeline(bridge: Running, **more: Any) -> str:
    template = {"project_id": PROJECT, "name": f"t {id(more)}", "event_type": "logloop.checkout", "fields": FIELDS}
    template_id = (await bridge.post("/templates", template))["id"]
    return await bridge.pipeline(**{"name": "checkout/diagnose", "template_id": template_id, **more})


async def _dispatch(bridge: Running, status: int = 202, **more: Any) -> dict[str, Any]:
    return await bridge.post("/dispatches", {"project_id": PROJECT, **more}, status)


async def test_a_pipeline_is_found_by_name_and_its_template_checks_the_values(
    bridge: Running, github: FakeGitHub
) -> None:
    pipeline = await _pipeline(bridge, workflow="diagnose.yml", name="Checkout: collect")
    for name in (pipeline, "Checkout: collect", "checkout/collect", "checkout/diagnose"):
        assert (await _dispatch(bridge, pipeline=name, values={"order_id": "17"}))["pipeline_id"] == pipeline
    await wait_until(lambda: github.count("dispatch") == 4)
    assert github.seen("dispatch")[0].body["client_payload"]["order_id"] == "17"
    refused = await _dispatch(bridge, 422, pipeline="checkout/collect", values={"order": "17"})
    assert "order_id" in refused["detail"]
    missing = await _dispatch(bridge, 404, pipeline="checkout/diagnosis")
    assert "its pipelines are: checkout/collect" in missing["detail"]
    await _dispatch(bridge, 422, pipeline="checkout/collect", pipeline_id=pipeline)
    await bridge.pipeline(name="other", workflow="diagnose.yml")
    assert "several pipelines" in (await _dispatch(bridge, 404, pipeline="checkout/diagnose"))["detail"]
    template = (await bridge.get(f"/pipelines/{pipeline}"))["template_id"]
    assert (await bridge.client.delete(f"{PREFIX}/templates/{template}")).status_code == 409


async def test_a_failure_fills_in_the_fields_with_a_source_without_secrets_or_commands(
    bridge: Running, github: FakeGitHub
) -> None:
    await _pipeline(bridge)
    await _dispatch(bridge, pipeline="checkout/diagnose", failure=FAILURE, values={"order_id": "17"})
    [sent] = await wait_until(lambda: github.seen("dispatch"))
    payload = sent.body["client_payload"]
    assert (payload["order_id"], payload["service"], payload["kind"]) == ("17", "checkout", "shop.PaymentDeclined")
    assert payload["message"].startswith("PaymentDeclined: __reboot_ for ")
    assert payload["recent"][0] == "first _line_"
    assert "ann@example.org" not in str(payload)
    assert "abcdef0123456789abcdef" not in str(payload)


async def test_a_failure_is_sent_without_a_template_too(bridge: Running, github: FakeGitHub) -> None:
    await bridge.pipeline(name="checkout/plain")
    await _dispatch(bridge, pipeline="checkout/plain", failure={**FAILURE, "service_id": "cart"})
    [sent] = await wait_until(lambda: github.seen("dispatch"))
    payload = sent.body["client_payload"]
    assert len(payload) <= 10
    assert (payload["service"], payload["exception"]) == ("cart", "shop.PaymentDeclined")
    assert payload["link"].endswith(f"/projects/{PROJECT}/logs")


async def test_lines_become_one_line_of_a_workflow_input(bridge: Running, github: FakeGitHub) -> None:
    github.workflow(REPOSITORY, "inputs.yml", inputs=("logloop_correlation_id", "recent"))
    fields = [{"name": "recent", "type": "lines", "source": "logs.recent"}]
    template = {"project_id": PROJECT, "name": "inputs", "event_type": "x", "fields": fields}
    template_id = (await bridge.post("/templates", template))["id"]
    await bridge.pipeline(name="i", mode="workflow_dispatch", workflow="inputs.yml", template_id=template_id)
    await _dispatch(bridge, pipeline="i", failure={"message": "m", "recent": ["one", "rm -rf x"]})
    [sent] = await wait_until(lambda: github.seen("dispatch"))
    assert sent.body["inputs"]["recent"] == "one / rm -rf x"


async def test_many_processes_that_fail_at_once_start_one_workflow_per_cooldown(
    bridge: Running, github: FakeGitHub
) -> None:
    await _pipeline(bridge)
    body = {"project_id": PROJECT, "pipeline": "checkout/diagnose", "cooldown": "1h"}
    answers = await asyncio.gather(
        *(
            bridge.client.post(f"{PREFIX}/dispatches", json={**body, "failure": {"message": f"failure {number}"}})
            for number in range(12)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [202]
    assert len({answer.json()["id"] for answer in answers}) == 1
    await _dispatch(bridge, pipeline="checkout/diagnose")  # without a cooldown
    later = await bridge.client.post(f"{PREFIX}/dispatches", json={**body, "cooldown": "1s"})
    await wait_until(lambda: github.count("dispatch") >= 2)
    assert later.status_code in (200, 202)

    async def again() -> bool:
        answer = await bridge.client.post(f"{PREFIX}/dispatches", json={**body, "cooldown": "1s"})
        return answer.status_code == 202

    await wait_until(again)


async def test_a_dispatch_is_withdrawn_before_it_is_sent_and_its_run_is_cancelled_after(
    bridge: Running, query: FakeQuery, github: FakeGitHub
) -> None:
    await _pipeline(bridge)
    github.script("dispatch", Script(429, {"message": "wait"}, {"retry-after": "3600"}))
    waiting = await _dispatch(bridge, pipeline="checkout/diagnose")

    async def is_pending() -> bool:
        found = await bridge.get(f"/dispatches/{waiting['id']}")
        return bool(found["state"] == "pending" and found["detail"] == "wait")

    await wait_until(is_pending)
    ended = await bridge.post(f"/dispatches/{waiting['id']}/cancel", {}, 200)
    assert (ended["state"], ended["detail"][:12]) == ("failed", "cancelled by")
    await wait_until(lambda: bridge.heard.of_type("dispatch-failed"))
    assert (await bridge.post(f"/dispatches/{waiting['id']}/cancel", {}, 409))["detail"]

    bridge.services.github_check._client._limits._held.clear()  # the hour is over
    sent = await _dispatch(bridge, pipeline="checkout/diagnose")

    async def has_run() -> list[dict[str, Any]]:
        return await bridge.items("/runs", dispatch_id=sent["id"])

    [run] = await wait_until(has_run)
    assert (await bridge.post(f"/dispatches/{sent['id']}/cancel", {}, 200))["id"] == sent["id"]
    [completed] = await wait_until(lambda: bridge.heard.of_type("run-completed"))
    assert completed["conclusion"] == "cancelled"
    refused = await bridge.post(f"/runs/{run['run_id']}/cancel?project_id={PROJECT}", {}, 409)
    assert "completed" in refused["detail"]
    assert github.count("cancel") == 1

    def ended_by_hand() -> list[tuple[str, str]]:
        return [(item["action"], item["record_id"]) for item in query.changes if item["action"].endswith("cancel")]

    await wait_until(lambda: len(ended_by_hand()) == 2)
    assert ended_by_hand() == [("dispatch.cancel", waiting["id"]), ("run.cancel", run["run_id"])]


async def test_the_digest_of_a_definition_changes_with_its_parameters(bridge: Running) -> None:
    pipeline = await _pipeline(bridge)
    before = await bridge.get("/definitions", project_id=PROJECT)
    [item] = before["items"]
    assert item["reference"] == "checkout/diagnose"
    assert item["parameters"]["properties"]["order_id"]["description"] == "The order."
    dispatched = await _dispatch(bridge, pipeline="checkout/diagnose")
    assert dispatched["definition"] == item["digest"]
    template = item["template_id"]
    change = {"name": "t", "event_type": "logloop.checkout", "fields": FIELDS[:2]}
    assert (await bridge.client.put(f"{PREFIX}/templates/{template}", json=change)).status_code == 200
    after = await bridge.get("/definitions", project_id=PROJECT)
    assert after["digest"] != before["digest"]
    assert (await _dispatch(bridge, pipeline_id=pipeline))["definition"] == after["items"][0]["digest"]


async def test_parentheses_in_a_search_of_a_run_cannot_leave_the_run(bridge: Running) -> None:
    await _pipeline(bridge)
    sent = await _dispatch(bridge, pipeline="checkout/diagnose")

    async def has_run() -> list[dict[str, Any]]:
        return await bridge.items("/runs", dispatch_id=sent["id"])

    [run] = await wait_until(has_run)
    path = f"{PREFIX}/runs/{run['run_id']}/logs"
    for q in ("a) OR (b", "(a", 'say "a', "a)"):
        answer = await bridge.client.get(path, params={"project_id": PROJECT, "q": q})
        assert answer.status_code == 422, q
    for q in ('"a) b" OR c', "(a OR b) c", r"f\(x"):
        answer = await bridge.client.get(path, params={"project_id": PROJECT, "q": q})
        assert answer.status_code == 200, answer.text
