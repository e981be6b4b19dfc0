"""Logs that programs publish to RabbitMQ themselves."""

import json
from typing import Any

from logloop_chassis.testing import wait_until

from tests.infra import Infra
from tests.real.ingest.conftest import ADMIN_KEY, DEAD, Ingest, entry


async def test_objects_arrays_and_lines_are_accepted(ingest: Ingest) -> None:
    await ingest.send_over_amqp(json.dumps(entry("one")).encode())
    await ingest.send_over_amqp(json.dumps([entry("two", project_id="shop"), entry("three")]).encode())
    await ingest.send_over_amqp("\n".join(json.dumps(entry(text)) for text in ("four", "five")).encode())

    async def messages() -> bool:
        return {row["message"] for row in await ingest.logs()} == {"one", "two", "three", "four", "five"}

    await wait_until(messages)
    assert await ingest.dead_letters() == []


async def test_a_duplicate_message_is_the_same_batch(ingest: Ingest) -> None:
    body = json.dumps([entry("a"), entry("b")]).encode()
    for _ in range(2):
        await ingest.send_over_amqp(body, message_id="m-1")
    over_http = await ingest.post(body, idempotency_key="m-1")

    async def rows() -> list[dict[str, Any]]:
        return await ingest.logs()

    found = await wait_until(rows)
    assert {row["batch"] for row in found} == {over_http.json()["batch_id"]}


async def test_invalid_messages_are_dead_lettered_and_the_next_message_is_accepted(ingest: Ingest) -> None:
    for body, project in (
        (b"\xff\xfe{", "shop"),
        (b"", "shop"),
        (b'{"message": 1}', "shop"),
        (json.dumps(entry()).encode(), "nowhere"),
        (json.dumps(entry(project_id="other")).encode(), "shop"),
    ):
        await ingest.send_over_amqp(body, project=project)
    await ingest.send_over_amqp(json.dumps(entry("fine")).encode())

    async def dead_lettered() -> bool:
        return len(await ingest.dead_letters()) == 5

    await wait_until(dead_lettered)
    assert [row["message"] for row in await wait_until(ingest.logs)] == ["fine"]
    reasons = [letter["reason"] for letter in await ingest.dead_letters()]
    assert sorted(reasons) == ["forbidden_project", "missing", "not_json", "not_json", "unknown_project"]


async def test_rejected_entries_are_dead_lettered_with_their_reason_and_can_be_retried(
    ingest: Ingest, infra: Infra
) -> None:
    wrong = entry("wrong project", project_id="later")
    await ingest.send_over_amqp(json.dumps([entry("good"), wrong]).encode(), message_id="m-2")

    [letter] = await wait_until(ingest.dead_letters)
    assert json.loads(letter["body"]) == wrong
    assert (letter["reason"], letter["id"], letter["routing_key"]) == ("forbidden_project", "m-2.1", "shop")
    assert [row["message"] for row in await wait_until(ingest.logs)] == ["good"]

    path = f"{DEAD}/{letter['queue']}/{letter['id']}"
    retried = await ingest.client.post(f"{path}/retry", headers={"Authorization": f"Bearer {ADMIN_KEY}"})
    assert retried.status_code == 204
    await wait_until(ingest.dead_letters)  # rejected again, so it is dead-lettered again

    def is_idle() -> bool:
        return infra.queue_depth(ingest.amqp_url, "ingest.intake") == 0

    await wait_until(is_idle)
