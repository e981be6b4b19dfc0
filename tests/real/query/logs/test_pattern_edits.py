"""People merge, split, name and pin patterns: what lists and searches show then, and how an edit is undone."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from logloop_chassis.testing import wait_until
from logloop_contracts.channels import HEADER_COUNT, HEADER_PROJECT, LOGS, LOGS_EXCHANGE
from logloop_contracts.log_batch import encode, entries_to_batch, new_batch_id
from logloop_query import pattern_edits

from tests.infra import Infra
from tests.real.query.logs.storage import entry
from tests.real.query.records_app import ADMIN_PASSWORD, Running, make_key, make_project, running_whole

NAMES = ["anna", "bert", "carl", "dora", "emil", "frida"]
LEFT = [f"it was {name} who left" for name in NAMES]
OTHERS = ["cache of shop is cold", "cache of stock is cold", "cache is warm"]
URL = "/api/v1/pattern-edits"


@dataclass
class Shop:
    """A query service whose project `shop` has one line of each of the patterns above."""

    query: Running
    admin: httpx.AsyncClient

    async def put(self, template: str, **fields: Any) -> dict[str, Any]:
        """Save an edit."""
        answer = await self.admin.put(URL, json={"project_id": "shop", "template": template, **fields})
        assert answer.status_code == 200, answer.text
        saved: dict[str, Any] = answer.json()
        return saved

    async def edits(self) -> list[dict[str, Any]]:
        """The edits of the project."""
        items: list[dict[str, Any]] = (await self.admin.get(URL, params={"project_id": "shop"})).json()["items"]
        return items

    async def patterns(self, **params: str) -> list[dict[str, Any]]:
        """The patterns in their order."""
        found = await self.admin.get("/api/v1/logs/patterns", params={"project_id": "shop", **params})
        assert found.status_code == 200, found.text
        items: list[dict[str, Any]] = found.json()["items"]
        return items

    async def texts(self) -> list[str]:
        """The texts of the patterns in their order."""
        return [item["pattern"] for item in await self.patterns()]

    async def messages(self, q: str) -> list[str]:
        """The messages that a search finds."""
        found = (await self.admin.get("/api/v1/logs", params={"project_id": "shop", "q": q})).json()
        return sorted(item["message"] for item in found["items"])


@pytest.fixture
async def shop(infra: Infra, emptied_amqp_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    monkeypatch.setenv("LOGLOOP_ADMIN_PASSWORD", ADMIN_PASSWORD)
    async with running_whole(emptied_amqp_url, infra.mongo_url) as query:
        shop = Shop(query, await query.signed_in())
        await make_project(shop.admin, "shop")
        batch = new_batch_id()
        entries = [entry(text, datetime.now(UTC)) for text in (*LEFT, *OTHERS)]
        await query.resources.publisher.publish_bytes(
            LOGS_EXCHANGE.name,
            "shop",
            encode(entries_to_batch(entries, batch)),
            headers={HEADER_PROJECT: "shop", HEADER_COUNT: len(entries)},
            message_id=batch,
            content_type=LOGS.content_type,
        )

        async def stored() -> bool:
            return len(await shop.messages("")) == len(entries)

        await wait_until(stored)
        yield shop


async def test_a_merge_unites_what_fits_it_until_it_is_undone(shop: Shop) -> None:
    before = await shop.texts()
    assert before == ["it was <*> who left", *sorted(OTHERS)]
    saved = await shop.put("cache <*>", action="merge", name="state of a cache")
    first, second = await shop.patterns()
    assert (first["pattern"], first["merged"], first["edit"], first["name"]) == ("it was <*> who left", 6, None, None)
    assert (second["pattern"], second["count"], second["merged"]) == ("cache <*>", 3, 3)
    assert (second["edit"], second["name"], second["pinned"]) == ("merge", "state of a cache", False)
    assert await shop.messages('pattern:"cache <*>"') == sorted(OTHERS)

    gone = await shop.admin.delete(f"{URL}/{saved['id']}", params={"project_id": "shop"})
    assert gone.status_code == 204
    assert await shop.texts() == before
    assert await shop.edits() == []
    assert (await shop.admin.delete(f"{URL}/{saved['id']}", params={"project_id": "shop"})).status_code == 404


async def test_a_split_keeps_patterns_apart_and_a_search_for_the_old_template_finds_the_same(shop: Shop) -> None:
    old = 'pattern:"it was <*> who left"'
    assert await shop.messages(old) == LEFT
    await shop.put("it was <*> who left", action="split")
    assert await shop.texts() == sorted([*LEFT, *OTHERS])
    assert await shop.messages(old) == LEFT
    await shop.put("it was <*>", action="merge")
    assert await shop.texts() == ["it was <*>", *sorted(OTHERS)]
    assert await shop.messages(old) == LEFT


async def test_a_pinned_pattern_comes_first_and_an_edit_replaces_the_earlier_one(shop: Shop) -> None:
    made = await shop.put("cache is warm", name="warm", pinned=True)
    first, *_ = await shop.patterns()
    assert (first["pattern"], first["name"], first["pinned"], first["edit"]) == ("cache is warm", "warm", True, None)
    changed = await shop.put("cache is warm", name="hot")
    assert (changed["id"], changed["created_at"]) == (made["id"], made["created_at"])
    assert await shop.edits() == [changed]
    assert (await shop.texts())[0] == "it was <*> who left"


async def test_a_preview_proposes_a_template_and_shows_what_it_unites(shop: Shop) -> None:
    body: dict[str, Any] = {"project_id": "shop", "selected": OTHERS[:2]}
    proposed = (await shop.admin.post(f"{URL}/preview", json=body)).json()
    assert proposed == {"template": "cache of <*> is cold", "count": 2, "patterns": OTHERS[:2], "left_out": []}
    body |= {"template": "cache of s<*>p<*>"}
    assert (await shop.admin.post(f"{URL}/preview", json=body)).json() == {
        "template": "cache of s<*>p<*>",
        "count": 1,
        "patterns": OTHERS[:1],
        "left_out": OTHERS[1:2],
    }
    assert await shop.edits() == []


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"template": "it was anna", "action": "merge"}, "<*> in place of what varies"),
        ({"template": "<*>: <*> a", "action": "merge"}, "at least one word"),
        ({"template": "it was anna", "action": "split"}, "only a template with <*>"),
        ({"template": "it was <*>"}, "to undo one, delete it"),
        ({"template": "it was <*>", "name": "x" * 121}, "name"),
        ({"template": "x" * 4001, "pinned": True}, "template"),
    ],
)
async def test_an_edit_that_makes_no_sense_says_what_to_do(shop: Shop, fields: dict[str, Any], says: str) -> None:
    answer = await shop.admin.put(URL, json={"project_id": "shop", **fields})
    assert answer.status_code == 422
    assert says in answer.text
    assert await shop.edits() == []


async def test_a_preview_without_a_usable_template_says_what_to_do(shop: Shop) -> None:
    for fields, says in (
        ({"selected": ["one"]}, "select at least two"),
        ({"selected": ["one thing", "another matter"]}, "write the template"),
        ({"template": "<*>"}, "at least one word"),
    ):
        answer = await shop.admin.post(f"{URL}/preview", json={"project_id": "shop", **fields})
        assert answer.status_code == 422
        assert says in answer.text


async def test_a_project_has_a_limited_number_of_edits(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern_edits, "MAX_EDITS", 2)
    for template in ("one", "two"):
        await shop.put(template, pinned=True)
    answer = await shop.admin.put(URL, json={"project_id": "shop", "template": "three", "pinned": True})
    assert answer.status_code == 409
    assert "undo an edit" in answer.text
    await shop.put("two", name="still changeable")


async def test_edits_are_audited_belong_to_one_project_and_are_deleted_with_it(shop: Shop) -> None:
    await make_project(shop.admin, "other")
    saved = await shop.put("it was <*> who left", action="split")
    await shop.put("it was <*> who left", name="sign-out")
    stranger = shop.query.with_key(await make_key(shop.admin, "other", "admin"))
    assert (await stranger.get(URL, params={"project_id": "shop"})).status_code == 404
    assert (await stranger.delete(f"{URL}/{saved['id']}", params={"project_id": "other"})).status_code == 404
    assert (await shop.admin.get(URL, params={"project_id": "other"})).json()["items"] == []

    entries = (await shop.admin.get("/api/v1/audit", params={"project_id": "shop"})).json()["items"]
    traced = [(item["action"], item["changed"]) for item in entries if item["resource"]["kind"] == "pattern_edit"]
    update, create = traced
    assert update == ("pattern_edit.update", ["action", "name"])
    assert create[0] == "pattern_edit.create"

    await shop.admin.delete("/api/v1/projects/shop")
    collection = shop.query.resources.database["pattern_edits"]

    async def gone() -> bool:
        return await collection.count_documents({}) == 0

    await wait_until(gone)
