"""What a new installation is used for first: sign in, send, search, analyse, start a workflow."""

import hashlib
import json
import re
import secrets
from typing import Any

from logloop import Client
from logloop.errors import LogloopError

from scripts.compose_check.stack import Failed, Stack, eventually

PROJECT = "compose-check"
SERVICE = "first-use"
_FIRST = "first light of this installation"
_PROBED = "the sandbox works"
_WORKFLOW = f"""\
on: {{repository_dispatch: {{types: [compose-check]}}}}
jobs: {{probe: {{runs-on: ubuntu-latest, steps: [{{run: echo "{_PROBED}"}}]}}}}
"""
_ADMIN = "admin@logloop.local"
_MEMORY_LIMIT = 2 << 30


class Installation:
    """A running stack, its administrator, and a client with the key of a project."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._password = ""
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        """The client with the project's key."""
        assert self._client is not None, "the key is created first"
        return self._client

    @property
    def headers(self) -> dict[str, str]:
        """The headers that authenticate a request with the project's key."""
        return {"Authorization": f"Bearer {self.client.connection.api_key}"}

    def change_printed_password(self) -> str:
        """Sign in with the one-time password that query prints, and change it."""
        text = self.stack.compose("logs", "--no-log-prefix", "query")
        printed = re.search(r"One-time password:\s+(\S+)", text)
        if not printed:
            raise Failed("query printed no one-time password")
        self._password = secrets.token_urlsafe(18)
        with Client(self.stack.url, "") as visitor:
            visitor.sign_in(_ADMIN, printed[1])
            change = {"old_password": printed[1], "new_password": self._password}
            visitor.request("PUT", "/session/password", body=change)
        with Client(self.stack.url, "") as visitor:
            try:
                visitor.sign_in(_ADMIN, printed[1])
            except LogloopError:
                return "the printed password no longer works"
        raise Failed("the one-time password still works after it was changed")

    def create_project_and_key(self) -> str:
        """Create a project and a key for it with the changed password."""
        with Client(self.stack.url, "") as administrator:
            administrator.sign_in(_ADMIN, self._password)
            administrator.request("POST", "/projects", body={"id": PROJECT, "name": "Compose check"})
            wanted = {"name": "compose-check", "project_id": PROJECT, "scopes": ["ingest", "read", "admin"]}
            created = administrator.request("POST", "/api-keys", body=wanted)
        self._client = Client(self.stack.url, created["key"], project=PROJECT, service=SERVICE)
        return f"project {PROJECT}"

    def send_first_log(self) -> str:
        """Send one log and find it."""
        sent = self.client.log(_FIRST, attributes={"http": {"status": 502}})
        if sent.accepted != 1:
            raise Failed(f"the log was not accepted: {sent}")
        self.require_first_log()
        return "found"

    def require_first_log(self) -> None:
        """Find the first log, exactly once. Raises Failed."""
        found = eventually(lambda: self._search(f'"{_FIRST}"', since="1d"), "the first log is found")
        if len(found) != 1:
            raise Failed(f"the first log was found {len(found)} times")

    def _search(self, q: str, **options: Any) -> list[Any]:
        return list(self.client.search(q, **options).items)

    def search(self) -> str:
        """Send different logs and search by words, fields, patterns and attributes."""
        lines = [("connection refused by cart:8080", "error"), ("cart answered in 12 ms", "debug")]
        lines += [("request timed out after 30 s", "error")]
        self.client.send([{"service_id": "cart", "message": text, "severity": level} for text, level in lines])
        eventually(lambda: len(self._search("service:cart")) == len(lines), "three logs of one service are found")
        for q, count in (
            ('"connection refused"', 1),
            ("service:cart severity:error", 2),
            ("message:/time(d )?out/", 1),
            ("attributes.http.status:502", 1),
            ("service:cart -refused", 2),
        ):
            found = self._search(q, since="1h")
            if len(found) != count:
                raise Failed(f"the search {q!r} found {len(found)} logs, not {count}")
        exported = b"".join(self.client.export("service:cart", since="1h")).splitlines()
        if len(exported) != len(lines):
            raise Failed(f"the export has {len(exported)} logs, not {len(lines)}")
        return "5 searches, 1 export"

    def analyse(self) -> str:
        """Run an analysis without a model provider. Its claims cite existing logs."""
        failures = [{"service_id": "payment", "severity": "error", "message": f"card refused {n}"} for n in range(20)]
        self.client.send(failures)
        eventually(lambda: len(self._search('"card refused"')) == len(failures), "the failures are found")
        requested = self.client.analyze("", question="Why do payments fail?", since="1h")
        done = self.client.wait_for_analysis(requested.id, timeout=120)
        if done.status != "completed" or not done.report:
            raise Failed(f"the analysis is {done.status}")
        if done.report["mode"] != "deterministic":
            raise Failed(f"the analysis ran in the mode {done.report['mode']}")
        cited = {log_id for claim in done.report["claims"] for log_id in claim["citations"]}
        if not cited:
            raise Failed("the report cites no log")
        for log_id in sorted(cited)[:3]:
            self.client.get_log(log_id)
        return f"deterministic, {len(cited)} logs cited"

    def fire_rule(self) -> str:
        """Create a pipeline and a rule, and send logs that fire it. Without GitHub credentials, that is recorded."""
        pipeline = self.client.request(
            "POST",
            "/ci/pipelines",
            body={
                "project_id": PROJECT,
                "name": "diagnose",
                "service_id": "payment",
                "repository": "acme/shop",
                "workflow": "diagnose.yml",
                "event_type": "logloop.payment",
            },
        )
        rule = {
            "project_id": PROJECT,
            "name": "refusals",
            "condition": 'log.severity == "error" && log.message.contains("disk full") && stats.count >= 3',
            "action": {"pipeline_id": pipeline["id"]},
        }
        created = self.client.request("POST", "/ci/rules", body=rule)

        def dispatched() -> list[Any]:
            full = [{"service_id": "payment", "severity": "error", "message": "disk full"} for _ in range(3)]
            self.client.send(full)
            where = {"project_id": PROJECT, "rule_id": created["id"]}
            listed = list(self.client.list("/ci/dispatches", **where))
            return [dispatch for dispatch in listed if dispatch["state"] not in {"pending", "sending"}]

        [dispatch] = eventually(dispatched, "the rule's dispatch")
        if dispatch["state"] != "recorded":
            raise Failed(f"the dispatch is {dispatch['state']}, not recorded")
        return "1 dispatch, recorded"

    def emulate_workflow(self) -> str:
        """Approve a workflow and run it in the sandbox of the emulator. Its output is found as logs."""
        digest = hashlib.sha256(_WORKFLOW.encode()).hexdigest()
        self.client.request("PUT", f"/ci/emulations/approvals/{digest}", body={"project_id": PROJECT})
        body = {
            "project_id": PROJECT,
            "service_id": "payment",
            "file": "probe.yml",
            "workflow": _WORKFLOW,
            "event": {"event_type": "compose-check"},
        }
        run_id = self.client.request("POST", "/ci/emulations", body=body)["run_id"]

        def ended() -> Any:
            run = self.client.request("GET", f"/ci/runs/{run_id}", params={"project_id": PROJECT})
            return run if run["status"] == "completed" else None

        run = eventually(ended, "the emulated run ends")
        if run["conclusion"] != "success":
            raise Failed(f"the emulated run ended with {run['conclusion']}: {self._search('service:payment')[:20]}")
        eventually(lambda: self._search(f'"{_PROBED}"'), "the output of the emulated run is found")
        return "1 run, its output found"

    def check_watermark(self) -> str:
        """RabbitMQ slows its senders before it reaches the memory limit of its container."""
        status = json.loads(
            self.stack.compose("exec", "-T", "rabbitmq", "rabbitmqctl", "--quiet", "status", "--formatter", "json")
        )
        limit = int(status["vm_memory_high_watermark_limit"])
        [container] = self.stack.containers("rabbitmq")
        allowed = int(self.stack.docker("inspect", "--format", "{{.HostConfig.Memory}}", container))
        if not 0 < limit < allowed == _MEMORY_LIMIT:
            raise Failed(f"the watermark is {limit} bytes, the limit of the container {allowed}")
        return f"{limit >> 20} MiB of {allowed >> 20} MiB"
