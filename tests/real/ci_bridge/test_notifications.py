"""Notifications of rules: one message for a burst, signed, redacted, repeated until it is taken, at allowed hours."""

import base64
import hashlib
import hmac
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from logloop_chassis.testing import wait_until
from logloop_ci_bridge.notifications.delivery import _answer
from pymongo import AsyncMongoClient

from tests.fakes.github import FakeGitHub
from tests.infra import fresh_database
from tests.real.ci_bridge.bridge_app import (
    PREFIX,
    PROJECT,
    FakeQuery,
    Process,
    Running,
    entries,
    publish_logs,
    running,
    settings,
)
from tests.real.ci_bridge.receivers import HttpReceiver, Mailbox, certificate, mail_server

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
GROUPED = {"group_wait": "1s", "group_interval": "10s"}
LINE = "payment failed for ann@example.org <!channel> ```*x* token=abcdef0123456789abcdef"


@pytest.fixture
def hook() -> Iterator[HttpReceiver]:
    with HttpReceiver() as started:
        yield started


async def _receiver(bridge: Running, **more: Any) -> str:
    body = {"project_id": PROJECT, "name": f"r{datetime.now(UTC).timestamp()}", "group_wait": "0s", **more}
    return str((await bridge.post("/receivers", body))["id"])


async def _rule(bridge: Running, receiver: str, **more: Any) -> str:
    action = {"notify": [receiver]}
    body = {"name": f"rule {datetime.now(UTC).timestamp()}", "condition": 'log.severity == "error"', **more}
    return str((await bridge.post("/rules", {"project_id": PROJECT, "action": action, **body}))["id"])


async def _in_state(bridge: Running, state: str) -> list[dict[str, Any]]:
    async def found() -> list[dict[str, Any]]:
        return await bridge.items("/notifications", state=state)

    return await wait_until(found)


async def test_a_burst_of_rules_is_one_signed_message_without_secrets(bridge: Running, hook: HttpReceiver) -> None:
    receiver = await _receiver(bridge, kind="webhook", url=hook.url, secret=SECRET, **GROUPED)
    for number in range(5):
        await _rule(bridge, receiver, name=f"rule {number}")
    hook.statuses.extend([503, 429])
    await publish_logs(bridge.amqp_url, entries(LINE, LINE), times=3)
    [sent] = await _in_state(bridge, "sent")
    assert (sent["count"], sent["attempts"], sent["status"]) == (5, 3, 204)

    assert len({post.raw for post in hook.posts}) == 1
    assert {post.headers["webhook-id"] for post in hook.posts} == {sent["id"]}
    last = hook.posts[-1]
    signed = f"{sent['id']}.{last.headers['webhook-timestamp']}.".encode() + last.raw
    digest = hmac.new(b"0123456789abcdef01234567", signed, hashlib.sha256).digest()
    assert last.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert last.path == "/hook?key=hidden"
    body = last.body
    assert body["title"] == f"[{PROJECT}] rule 0 and 4 more (5 times)"
    assert body["rules"] == [f"rule {number}" for number in range(5)]
    assert body["lines"][0]["service"] == "checkout"
    assert "payment failed for" in body["lines"][0]["message"]
    assert "ann@example.org" not in last.raw.decode()
    assert "abcdef0123456789abcdef" not in last.raw.decode()
    assert body["link"].endswith(f"/projects/{PROJECT}/logs")


async def test_a_message_shows_the_counted_lines_with_links(bridge: Running, hook: HttpReceiver) -> None:
    receiver = await _receiver(bridge, kind="webhook", url=hook.url)
    rule = await _rule(
        bridge,
        receiver,
        condition='log.message.contains("boom") && stats.count >= 12',
        filter={"services": ["checkout"]},
    )
    for start in (0, 6):
        await publish_logs(bridge.amqp_url, entries("calm", *(f"boom {start + number}" for number in range(6))))
    [sent] = await _in_state(bridge, "sent")
    [match] = sent["matches"]
    lines = match["lines"]
    assert [line["message"] for line in lines] == [f"boom {number}" for number in range(2, 12)]
    assert len({line["link"] for line in lines}) == 10
    assert all(f"/projects/{PROJECT}/logs/" in line["link"] for line in lines)
    page, _, query = match["link"].partition("?")
    assert page.endswith(f"/projects/{PROJECT}/logs")
    selected = parse_qs(query)
    assert selected["q"] == ['service:("checkout")']
    assert selected["from"][0] < lines[0]["at"] < lines[-1]["at"] < selected["to"][0]
    [post] = hook.posts
    assert [line["message"] for line in post.body["lines"]] == [line["message"] for line in lines]
    assert post.body["text"].splitlines()[-1] == "… and 2 more"
    assert post.body["link"] == match["link"]
    assert [item["id"] for item in await bridge.items("/notifications", rule_id=rule)] == [sent["id"]]
    assert await bridge.items("/notifications", rule_id="another") == []
    [fired] = [item for item in (await bridge.get(f"/rules/{rule}/evaluations"))["items"] if item["notifications"]]
    assert fired["notifications"] == [sent["id"]]


async def test_templates_slack_and_teams_get_their_own_forms(bridge: Running, hook: HttpReceiver) -> None:
    template = {"summary": "{{title}}!", "details": {"lines": "{{lines}}", "n": "{{count}}"}, "fixed": [1, True]}
    for kind, more in (("webhook", {"template": template}), ("slack", {}), ("teams", {})):
        await _rule(bridge, await _receiver(bridge, kind=kind, url=hook.url, **more), name=f"for {kind}")
    await publish_logs(bridge.amqp_url, entries(LINE))
    await wait_until(lambda: len(hook.posts) == 3)
    bodies = {next(iter(post.body)): post.body for post in hook.posts}
    own = bodies["summary"]
    assert own["summary"] == f"[{PROJECT}] for webhook!"
    assert (own["details"]["n"], own["fixed"]) == (1, [1, True])
    assert own["details"]["lines"][0]["severity"] == "error"
    slack = bodies["text"]["blocks"][0]["text"]["text"]
    assert "&lt;!channel&gt;" in slack
    assert "<!" not in slack
    assert slack.count("```") == 2
    [card] = bodies["type"]["attachments"]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert {block["type"] for block in card["content"]["body"]} == {"RichTextBlock"}
    refused = await bridge.client.post(
        f"{PREFIX}/receivers",
        json={
            "project_id": PROJECT,
            "name": "x",
            "kind": "webhook",
            "url": hook.url,
            "template": {"a": "{{secret}}"},
        },
    )
    assert refused.status_code == 422
    assert "unknown names: secret" in refused.text


async def test_quiet_hours_and_a_final_refusal(bridge: Running, hook: HttpReceiver) -> None:
    now = datetime.now(UTC)
    around = {"start": f"{now - timedelta(hours=2):%H:%M}", "end": f"{now + timedelta(hours=2):%H:%M}"}
    quiet = await _receiver(bridge, kind="slack", url=hook.url, quiet_hours=around)
    refusing = await _receiver(bridge, kind="teams", url=hook.url)
    for receiver in (quiet, refusing):
        await _rule(bridge, receiver)
    hook.statuses.append(404)
    hook.location = "http://127.0.0.1:1/elsewhere"
    await publish_logs(bridge.amqp_url, entries("boom"))
    [failed] = await _in_state(bridge, "failed")
    assert (failed["receiver_id"], failed["status"], failed["attempts"]) == (refusing, 404, 1)
    [waiting] = await bridge.items("/notifications", state="collecting")
    assert waiting["receiver_id"] == quiet
    assert datetime.fromisoformat(waiting["next_attempt_at"]) > now + timedelta(hours=1)
    hook.statuses.append(302)
    test = await bridge.post(f"/receivers/{quiet}/test", {}, 200)
    assert (test["ok"], test["status"]) == (False, 302)
    assert "redirects are not followed" in test["detail"]
    assert len(hook.posts) == 2
    hook.answer = b"ok"
    taken = await bridge.post(f"/receivers/{quiet}/test", {}, 200)
    assert (taken["ok"], taken["answer"]) == (True, "ok")


async def test_a_failed_message_is_sent_again_on_request_as_it_was(bridge: Running, hook: HttpReceiver) -> None:
    await _rule(bridge, await _receiver(bridge, kind="webhook", url=hook.url))
    hook.statuses.append(404)
    hook.answer = b"no_service\n" + b"x" * 5000
    await publish_logs(bridge.amqp_url, entries("boom"))
    [failed] = await _in_state(bridge, "failed")
    assert failed["detail"].startswith("the receiver answered 404: no_service x")
    assert len(failed["detail"]) < 400
    hook.answer = b"taken" * 100_000
    await bridge.post(f"/notifications/{failed['id']}/retry", {}, 200)
    [sent] = await _in_state(bridge, "sent")
    assert (sent["id"], sent["attempts"], len(hook.posts)) == (failed["id"], 1, 2)
    first, second = hook.posts
    assert (first.raw, first.headers["webhook-id"]) == (second.raw, second.headers["webhook-id"])
    await bridge.post(f"/notifications/{failed['id']}/retry", {}, 409)
    summary = await bridge.get("/summary", project_id=PROJECT)
    assert (summary["receivers"], summary["notifications"]) == (1, {"total": 1, "by_state": {"sent": 1}})


async def test_a_preview_is_the_message_of_a_kind(bridge: Running) -> None:
    async def preview(kind: str, **more: Any) -> dict[str, Any]:
        return await bridge.post("/receivers/preview", {"project_id": PROJECT, "kind": kind, **more}, 200)

    own = await preview("webhook", template={"summary": "{{title}}", "n": "{{count}}"})
    assert own["body"] == {"summary": f"[{PROJECT}] Payment time-outs", "n": 1}
    assert len((await preview("webhook"))["body"]["lines"]) == 2
    assert "payment timed out" in (await preview("slack"))["body"]["blocks"][0]["text"]["text"]
    assert (await preview("teams"))["body"]["type"] == "message"
    mail = await preview("email")
    assert mail["subject"] == f"[{PROJECT}] Payment time-outs"
    assert mail["text"].count("payment timed out") == 2


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("template", {"kind": "webhook", "url": "https://example.org", "template": {"a": "{{secret}}"}}),
        ("group_interval", {"kind": "slack", "url": "https://example.org", "group_interval": "5s"}),
        ("url", {"kind": "slack"}),
        ("url", {"kind": "teams", "url": "http://10.0.0.1/hook"}),
        ("quiet_hours.timezone", {"kind": "slack", "quiet_hours": {"start": "1", "end": "2", "timezone": "Mars"}}),
        (
            "smtp.host",
            {"kind": "email", "smtp": {"host": "10.0.0.1"}, "sender": "a@b.org", "recipients": ["c@d.org"]},
        ),
    ],
)
async def test_a_refusal_names_the_field(bridge: Running, field: str, body: dict[str, Any]) -> None:
    answer = await bridge.client.post(f"{PREFIX}/receivers", json={"project_id": PROJECT, "name": "x", **body})
    assert answer.status_code == 422
    assert f"body.{field}" in [error["field"] for error in answer.json()["errors"]]


def test_the_answer_of_a_private_server_is_not_repeated() -> None:
    assert _answer(b"ok", "127.0.0.1") == "ok"
    assert _answer(b"  no\n service ", "2606:4700::1") == "no service"
    assert [_answer(b"internal", address) for address in ("10.0.0.7", "fd00::1", "169.254.1.1")] == [None] * 3


async def test_secrets_are_sealed_kept_by_changes_and_never_shown(bridge: Running, hook: HttpReceiver) -> None:
    receiver = await _receiver(bridge, kind="webhook", url=hook.url, secret="s3cret-value", name="hook")
    shown = await bridge.client.get(f"{PREFIX}/receivers/{receiver}")
    assert shown.json()["secrets"] == ["secret", "url"]
    stored = await bridge.resources.database["ci_receivers"].find_one({"_id": receiver})
    for text in (shown.text, str(stored)):
        assert "s3cret-value" not in text
        assert "hidden" not in text
    changed = await bridge.client.put(f"{PREFIX}/receivers/{receiver}", json={"name": "renamed", "kind": "webhook"})
    assert (changed.status_code, changed.json()["target"]) == (200, shown.json()["target"])
    assert (await bridge.post(f"/receivers/{receiver}/test", {}, 200))["ok"]
    assert hook.posts[-1].headers["webhook-signature"]
    assert hook.posts[-1].body["test"] is True
    await _rule(bridge, receiver)
    assert (await bridge.client.delete(f"{PREFIX}/receivers/{receiver}")).status_code == 409
    mail = {"kind": "email", "smtp": {"host": "mail.example.org", "username": "u"}, "password": "pw-secret"}
    addressed = {**mail, "sender": "a@example.org", "recipients": ["b@example.org"]}
    mailer = await _receiver(bridge, **addressed)
    elsewhere = {**addressed, "name": "m", "smtp": {"host": "mail.attacker.example", "username": "u"}}
    del elsewhere["password"]
    moved = await bridge.client.put(f"{PREFIX}/receivers/{mailer}", json=elsewhere)
    assert moved.status_code == 422, "the password must be entered again for another server"


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "slack", "url": "http://10.0.0.1/hook"},
        {"kind": "webhook", "url": "http://169.254.169.254/latest?x=1"},
        {"kind": "email", "smtp": {"host": "10.0.0.1"}, "sender": "a@example.org", "recipients": ["b@example.org"]},
    ],
)
async def test_private_addresses_are_refused(bridge: Running, body: dict[str, Any]) -> None:
    answer = await bridge.client.post(f"{PREFIX}/receivers", json={"project_id": PROJECT, "name": "x", **body})
    assert answer.status_code == 422
    assert "LOGLOOP_EGRESS_ALLOW" in answer.json()["detail"]


async def test_mail_is_sent_once_over_tls_after_a_temporary_refusal(
    bridge: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, cert = certificate(tmp_path)
    monkeypatch.setattr(ssl, "create_default_context", lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusted.load_verify_locations(cert)
    box = Mailbox()
    server = mail_server(box, context)
    server.start()
    try:
        smtp = {"host": "localhost", "port": server.port, "security": "starttls", "username": "logloop"}
        more = {"kind": "email", "smtp": smtp, "sender": "logloop@example.org", "recipients": ["a@example.org"]}
        receiver = await _receiver(bridge, **more, password="right")
        untrusted = await bridge.post(f"/receivers/{receiver}/test", {}, 200)
        assert (untrusted["ok"], box.logins) == (False, []), (
            "no password goes to a server without a valid certificate"
        )
        monkeypatch.setattr(ssl, "create_default_context", lambda: trusted)
        box.answers.append("451 try again")
        await _rule(bridge, receiver, name="Zeile\r\nBcc: x@example.org")
        await publish_logs(bridge.amqp_url, entries(LINE))
        [sent] = await _in_state(bridge, "sent")
    finally:
        server.stop()
    [mail] = box.mails
    message = message_from_bytes(mail.original_content or b"", policy=policy.default)
    assert mail.rcpt_tos == ["a@example.org"]
    assert message["Subject"] == f"[{PROJECT}] Zeile Bcc: x@example.org"
    assert message["Message-ID"] == f"<{sent['id']}@example.org>"
    assert message["Bcc"] is None
    text = message.get_content()
    assert "payment failed for" in text
    assert "ann@example.org" not in text
    assert sent["attempts"] == 2
    wrong = await bridge.client.put(
        f"{PREFIX}/receivers/{receiver}", json={"name": "plain", **more, "smtp": {**smtp, "security": "none"}}
    )
    assert wrong.status_code == 200


@pytest.mark.fault
async def test_a_kill_while_a_message_is_sent_repeats_it_with_the_same_id_and_content(
    emptied_amqp_url: str, mongo_url: str, query: FakeQuery, github: FakeGitHub, hook: HttpReceiver
) -> None:
    configured, database = settings(emptied_amqp_url, mongo_url, query.url, github.url), fresh_database()
    async with running(configured, database) as bridge:
        await _rule(bridge, await _receiver(bridge, kind="webhook", url=hook.url))
    eventually = partial(wait_until, timeout_s=60, every_s=0.1)
    with Process(configured, database) as process:
        await eventually(process.is_ready)
        hook.before_answer = process.kill
        await publish_logs(emptied_amqp_url, entries("boom"))
        await eventually(lambda: hook.posts)
        process.start()
        await eventually(lambda: len(hook.posts) == 2)
        async with AsyncMongoClient[dict[str, Any]](mongo_url) as client:

            async def is_sent() -> bool:
                found = await client[database]["ci_notifications"].find({}).to_list()
                return [item["state"] for item in found] == ["sent"]

            await eventually(is_sent)
    first, second = hook.posts
    assert (first.raw, first.headers["webhook-id"]) == (second.raw, second.headers["webhook-id"])


async def test_a_slow_or_missing_receiver_is_an_outcome_not_an_error(bridge: Running) -> None:
    receiver = await _receiver(bridge, kind="webhook", url="http://127.0.0.1:1/")
    found = await bridge.post(f"/receivers/{receiver}/test", {}, 200)
    assert (found["ok"], found["status"]) == (False, None)
    assert "no response" in found["detail"]
