"""Records with ids of the old form (lower-case base32hex) keep working next to ULIDs."""

from datetime import timedelta

from logloop_chassis.ids import utc_now

from tests.infra import Infra
from tests.real.query.records_app import Running, make_project, running

OLD_ID = "06k3v5e1c8q0g2d7h4n9s5t1vk"


async def _give_old_id(query: Running, collection: str, project_id: str, record_id: str, age: timedelta) -> None:
    records = query.resources.database[collection]
    document = await records.find_one({"id": record_id})
    assert document is not None
    await records.delete_one({"id": record_id})
    changes = {"_id": f"{project_id}/{OLD_ID}", "id": OLD_ID, "created_at": utc_now() - age}
    await records.insert_one({**document, **changes})


async def test_metrics_analyses_and_users_with_old_ids_are_read_changed_and_listed(
    infra: Infra, amqp_url: str
) -> None:
    async with running(amqp_url, infra.mongo_url) as query:
        admin = await query.signed_in()
        await make_project(admin, "shop")
        metric = (await admin.post("/api/v1/metrics", json={"project_id": "shop", "name": "m"})).json()["id"]
        analyses = "/api/v1/logs/analyses"
        first = (await admin.post(analyses, json={"project_id": "shop"})).json()["id"]
        await _give_old_id(query, "metrics", "shop", metric, timedelta(days=1))
        await _give_old_id(query, "analyses", "shop", first, timedelta(days=1))
        newest = (await admin.post(analyses, json={"project_id": "shop"})).json()["id"]
        users = query.resources.database["users"]
        user = {"email": "ada@example.org", "name": "Ada", "password": "long enough"}
        made = (await admin.post("/api/v1/users", json=user)).json()["id"]
        document = await users.find_one_and_delete({"_id": made})
        assert document is not None
        await users.insert_one({**document, "_id": f"u_{OLD_ID}"})

        point = await admin.post(f"/api/v1/metrics/{OLD_ID}/points", json={"value": 1})
        read = await admin.get(f"{analyses}/{OLD_ID}")
        changed = await admin.patch(f"/api/v1/users/u_{OLD_ID}", json={"name": "Ada Lovelace"})
        page = (await admin.get(analyses, params={"project_id": "shop", "limit": 1})).json()
        rest = await admin.get(analyses, params={"project_id": "shop", "limit": 1, "cursor": page["next_cursor"]})

        assert [answer.status_code for answer in (point, read, changed)] == [202, 200, 200]
        assert [item["id"] for item in (*page["items"], *rest.json()["items"])] == [newest, OLD_ID]
