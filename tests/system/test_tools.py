"""The installed tools work with a running platform on this machine without set-up, and what they send is found."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from logloop import Client
from mcp import ClientSession, StdioServerParameters, stdio_client
from websockets.asyncio.client import connect

from tests.emulation import refusal
from tests.forked_command import run_command
from tests.infra import Infra, fresh_database, memory_folder
from tests.system.up_process import Up, eventually

needs_sandbox = pytest.mark.skipif(refusal() is not None, reason=str(refusal()))


@pytest.fixture(scope="module")
def up(infra: Infra) -> Iterator[Up]:
    with memory_folder() as folder:
        platform = Up(
            folder / "home",
            LOGLOOP_AMQP_URL=infra.fresh_vhost(),
            LOGLOOP_MONGO_URL=infra.mongo_url,
            LOGLOOP_MONGO_DATABASE=fresh_database(),
        ).wait_ready()
        yield platform
        platform.stop()


@pytest.fixture
def environ(up: Up, tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOGLOOP_", "PYTEST_"))}
    return {**kept, "LOGLOOP_HOME": str(up.home), "LOGLOOP_CONFIG": str(tmp_path / "none.json")}


def logloop(environ: dict[str, str], *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return run_command([*arguments], environ, data=stdin.encode(), timeout=160)


def json_output(environ: dict[str, str], *arguments: str) -> dict[str, Any]:
    """Return what a command prints with --json."""
    done = logloop(environ, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def client_of(environ: dict[str, str]) -> Client:
    """Return a client of the platform. Waiting with it takes less CPU time than a command for each attempt."""
    stored = json.loads((Path(environ["LOGLOOP_HOME"]) / "credentials.json").read_text())
    return Client(stored["url"], stored["api_key"], project=stored["project"])


def find_logs(environ: dict[str, str], query: str, number: int) -> list[dict[str, object]]:
    """Wait until at least `number` logs are stored, and return those that the command finds, oldest first."""
    with client_of(environ) as client:
        eventually(lambda: len([*client.search_all(query, limit=1000)]) >= number)
    items: list[dict[str, object]] = json_output(environ, "search", query, "--oldest-first", "-n", "0")["items"]
    return items


def test_the_first_log_of_the_readme_is_found(environ: dict[str, str]) -> None:
    checkout = Path(__file__).resolve().parents[2]
    block = (checkout / "README.md").read_text().partition("## Your first log")[2].split("```sh\n")[1].split("```")[0]
    first, then = (
        line.replace(".venv/bin/logloop", str(Path(sys.executable).with_name("logloop")))
        for line in block.strip().splitlines()
    )

    def run_in_shell(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["bash", "-c", line], env=environ, capture_output=True, text=True, timeout=160)

    assert run_in_shell(first).returncode == 0
    assert "\tinfo\thello\tfirst light\n" in eventually(lambda: run_in_shell(then).stdout)


def test_sent_lines_are_found_tailed_analysed_and_exported(environ: dict[str, str], tmp_path: Path) -> None:
    tail = subprocess.Popen(
        [str(Path(sys.executable).with_name("logloop")), "tail", "service:web", "-n", "2", "--json"],
        env=environ, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    lines = "".join(
        f'127.0.0.1 - - [{day}/Nov/2026:10:00:0{n} +0000] "GET /cart/{n} HTTP/1.1" 50{n} 7\n'
        for n, day in enumerate(("22", "22", "22"))
    )

    def send_until_tail_ends() -> bool:
        assert logloop(environ, "send", "-s", "web", "--timezone", "UTC", stdin=lines).returncode == 0
        return tail.poll() is not None

    eventually(send_until_tail_ends)
    assert tail.stdout
    tailed = [json.loads(line) for line in tail.stdout.read().splitlines()]
    tail.stdout.close()
    assert len(tailed) == 2
    items = find_logs(environ, "service:web severity:error attributes.http.response.status_code:502", 1)
    assert items[0]["message"] == '"GET /cart/2 HTTP/1.1" 502 7'
    report = json_output(environ, "analyze", "service:web", "--since", "30d")
    assert report["status"] == "completed"
    assert report["report"]["mode"] == "deterministic"
    target = tmp_path / "web.csv"
    assert logloop(environ, "export", "service:web", "-o", str(target)).returncode == 0
    assert "GET /cart/2" in target.read_text()


def test_the_logging_handler_sends_records_with_their_exceptions(environ: dict[str, str]) -> None:
    program = (
        "import logging, logloop\n"
        "handler = logloop.LoggingHandler(service='pay')\n"
        "logging.basicConfig(level='INFO', handlers=[handler])\n"
        "for n in range(3000): logging.info('paid %d', n)\n"
        "try: {}['x']\n"
        "except KeyError: logging.exception('cannot pay', extra={'card': 'visa'})\n"
        "handler.flush(60)\n"  # at exit the handler waits for 5 s only, which a busy machine may exceed
    )
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, timeout=160)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    items = find_logs(environ, "service:pay", 3001)
    assert len(items) == 3001
    [failure] = [item for item in items if item["severity"] == "error"]
    assert failure["message"] == "cannot pay\nKeyError: 'x'"
    assert isinstance(failure["attributes"], dict)
    assert failure["attributes"]["card"] == "visa"


def test_the_pytest_plugin_sends_the_outcomes_of_a_run(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "test_pay.py").write_text("def test_ok(): pass\ndef test_bad(): assert 1 == 2\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--logloop", "--logloop-run-id", "r1"],
        cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=160,
    )  # fmt: skip
    assert done.returncode == 1
    items = find_logs(environ, 'attributes.test.run_id:"r1" attributes.test.event:finished', 2)
    outcomes = {item["test_id"]: item["severity"] for item in items}
    assert outcomes == {"test_pay.py::test_ok": "info", "test_pay.py::test_bad": "error"}


JUNIT = """<testsuite name="s" timestamp="{at}"><testcase classname="com.acme.Pay" name="card" time="1.5">
<flakyFailure message="busy" type="java.io.IOException"><stackTrace>busy</stackTrace></flakyFailure>
</testcase><testcase classname="com.acme.Pay" name="cash" time="0.5"><failure message="no change left"
type="java.lang.AssertionError">at Pay.java:9</failure></testcase></testsuite>"""


def run_of(environ: dict[str, str], run_id: str) -> dict[str, Any]:
    """Wait until a run of tests is stored, and return it with its outcomes."""
    with client_of(environ) as client:

        def look() -> list[str]:
            runs = client.list("/test-runs", project_id="demo", run_id=run_id)
            return [
                run["id"] for run in runs if run["finished_at"] and sum(run["counts"].values()) >= run["reported"]
            ]

        [record_id] = eventually(look)
        found: dict[str, Any] = client.request("GET", f"/test-runs/{record_id}")
    return found


def test_imported_results_are_a_run_once_and_failures_in_quarantine_are_tolerated(
    environ: dict[str, str], tmp_path: Path
) -> None:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
    path = tmp_path / "junit.xml"
    path.write_text(JUNIT.format(at=at.isoformat()))
    command = ["test", "import", str(path), "--commit", "c1", "--environment", "qa", "--service", "pay"]

    run_id = json_output(environ, *command)["run_id"]
    run = run_of(environ, run_id)
    assert json_output(environ, *command)["run_id"] == run_id
    ended = json_output(
        environ, "test", "import", str(path), "--run-id", "second", "--commit", "c1", "--environment", "qa"
    )
    run_of(environ, ended["run_id"])

    again = run_of(environ, run_id)
    assert again == run
    assert (run["commit"], run["environment"], run["services"]) == ("c1", "qa", ["pay"])
    assert (run["counts"]["passed"], run["counts"]["failed"], run["duration_s"]) == (1, 2, 2.0)
    shown = [
        (item["test_id"], item["outcome"], item["attempt"], item["retried"]) for item in run["outcomes"]["items"]
    ]
    assert shown == [
        ("com.acme.Pay.card", "failed", 1, True),
        ("com.acme.Pay.card", "passed", 2, False),
        ("com.acme.Pay.cash", "failed", 1, False),
    ]
    assert run["outcomes"]["items"][2]["failure_pattern"] == "java.lang.AssertionError: no change left"
    flaky = json_output(environ, "test", "flaky", "--since", "1h")["items"]
    assert [(item["test_id"], item["same_commit"]) for item in flaky] == [("com.acme.Pay.card", True)]

    failing = logloop(environ, "test", "quarantine", "check", "--run-id", run_id)
    json_output(environ, "test", "quarantine", "add", "com.acme.Pay.cash", "--reason", "SHOP-17")
    tolerated = logloop(environ, "test", "quarantine", "check", "--run-id", run_id)
    of_file = logloop(environ, "test", "quarantine", "check", str(path))
    assert (failing.returncode, tolerated.returncode, of_file.returncode) == (1, 0, 0), tolerated.stderr
    assert "com.acme.Pay.cash" in failing.stdout
    assert logloop(environ, "test", "quarantine", "remove", "com.acme.Pay.cash").returncode == 0


def test_a_command_that_runs_pytest_reports_its_run(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "test_pay.py").write_text("def test_ok(): pass\ndef test_bad(): assert 1 == 2\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    program = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(tmp_path), str(tmp_path)]

    done = logloop(environ, "test", "run", "--run-id", "from-cli", "--shard", "1/2", "--", *program)

    assert (done.returncode, "1 failed, 1 passed" in done.stdout) == (1, True), done.stderr
    run = run_of(environ, "from-cli")
    assert (run["shard"], run["services"]) == ("1/2", ["tests"])
    shown = [(item["test_id"], item["outcome"]) for item in run["outcomes"]["items"]]
    assert shown == [("test_pay.py::test_bad", "failed"), ("test_pay.py::test_ok", "passed")]
    assert logloop(environ, "test", "quarantine", "check", "--run-id", "from-cli").returncode == 1


def test_a_growing_file_is_followed(environ: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "rabbit.log"
    path.write_text("2026-11-22 23:06:01.123456+00:00 [warning] <0.230.0> memory is low\n")
    follower = subprocess.Popen(
        [str(Path(sys.executable).with_name("logloop")), "send", "-f", "-s", "mq", str(path)],
        env={**environ, "XDG_STATE_HOME": str(tmp_path)}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        [first] = find_logs(environ, "service:mq", 1)
        assert (first["message"], first["severity"]) == ("memory is low", "warn")
        with path.open("a") as file:
            file.write("2026-11-22 23:06:02.123456+00:00 [info] <0.230.0> memory is fine\n")
        assert len(find_logs(environ, "service:mq", 2)) == 2
    finally:
        follower.terminate()
        assert follower.wait(100) == 130


def test_administration_needs_no_password_on_this_machine(environ: dict[str, str]) -> None:
    assert (
        json_output(environ, "admin", "projects", "create", "--set", "id=shop", "--set", "name=Shop")["state"]
        == "active"
    )
    key = logloop(environ, "admin", "keys", "create", "ci", "-p", "shop", "--scope", "ingest").stdout.strip()
    sent = logloop({**environ, "LOGLOOP_API_KEY": key}, "send", "-p", "shop", stdin="hello\n")
    assert sent.returncode == 0, sent.stderr
    assert logloop({**environ, "LOGLOOP_API_KEY": key}, "search", "-p", "shop").returncode == 3
    assert logloop(environ, "dead-letters", "list").returncode == 1
    assert "admin@logloop.local" in logloop(environ, "admin", "users", "list").stdout
    assert "project.create" in logloop(environ, "admin", "audit", "--all-projects").stdout


def test_without_credentials_a_dispatch_is_only_recorded(environ: dict[str, str]) -> None:
    pipeline = {"name": "Diagnose", "service_id": "web", "repository": "acme/shop", "event_type": "diagnose"}
    created = json_output(environ, "ci", "pipelines", "create", "--data", json.dumps(pipeline))
    assert json_output(environ, "ci", "pipelines", "update", created["id"], "--set", "name=Look")["name"] == "Look"
    dispatched = json_output(environ, "ci", "dispatch", created["id"])

    def is_recorded() -> bool:
        listed = json_output(environ, "ci", "dispatches")["items"]
        return any(item["id"] == dispatched["id"] and item["state"] == "recorded" for item in listed)

    assert eventually(is_recorded)


EMULATED = """
on: {repository_dispatch: {types: [logloop.tools.burst]}}
jobs:
  probe:
    runs-on: ubuntu-latest
    steps: [{run: "echo count is ${{ github.event.client_payload.count }}; exit 4"}]
"""


@needs_sandbox
def test_a_workflow_that_is_emulated_here_is_stored_with_its_output(environ: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "burst.yml"
    path.write_text(EMULATED)
    fields = {"event_type": "logloop.tools.burst", "fields": [{"name": "count", "type": "integer"}]}
    json_output(environ, "ci", "templates", "create", "--data", json.dumps({"name": "burst", **fields}))
    done = logloop(environ, "ci", "emulate", str(path), "--event", "burst", "--set", "count=7", "--service", "tools")
    assert done.returncode == 7, done.stdout + done.stderr
    assert "count is 7" in done.stdout
    run_id = done.stderr.split("stored as run ")[1].split(";")[0]
    lines = find_logs(environ, f'service:tools attributes.ci.run_id:"{run_id}"', 4)
    assert "count is 7" in [line["message"] for line in lines]
    run = json_output(environ, "ci", "runs", "show", run_id)
    assert (run["conclusion"], run["emulated"], run["failed_jobs"]) == ("failure", True, ["probe"])


def test_an_administrator_approves_and_revokes_a_workflow(environ: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "approved.yml"
    path.write_text(EMULATED + "# approved\n")
    added = json_output(environ, "ci", "approvals", "add", str(path), "--network")
    assert added["network"] is True
    assert added["sha256"] in [item["sha256"] for item in json_output(environ, "ci", "approvals", "list")["items"]]
    assert logloop(environ, "ci", "approvals", "remove", added["sha256"]).returncode == 0
    assert logloop(environ, "ci", "approvals", "remove", added["sha256"]).returncode == 1
    pipeline = {"name": "waits", "service_id": "tools", "repository": "acme/shop", "mode": "emulated"}
    body = {**pipeline, "workflow_text": EMULATED + "# waits\n"}
    json_output(environ, "ci", "pipelines", "create", "--data", json.dumps(body))
    [waiting] = json_output(environ, "ci", "approvals", "waiting")["items"]
    assert (waiting["state"], waiting["file"]) == ("waiting", "workflow.yml")
    assert logloop(environ, "ci", "approvals", "reject", waiting["sha256"]).returncode == 0
    assert json_output(environ, "ci", "approvals", "waiting")["items"] == []


@needs_sandbox
def test_the_demo_can_be_repeated_and_its_links_open(environ: dict[str, str], up: Up) -> None:
    for _ in range(2):  # the second run must not rely on the lines of the first
        result = json_output(environ, "demo")
        assert result["own_tests"].endswith("s")
        report = result["analysis"]["report"]
        assert report["verdict"] == "confirmed"
        assert "pay-eu timed out" in report["summary"]
        probe, breaker = result["steps"]
        assert breaker["dispatch"]["parent_id"] == probe["dispatch"]["id"]
        assert [step["run"]["conclusion"] for step in (probe, breaker)] == ["success", "success"]
        payload = probe["dispatch"]["payload"]
        assert payload["link"] == f"{up.url}/projects/demo/logs/{payload['log_id']}"
        with up.client() as client:
            assert "<title>Logloop" in client.get(payload["link"]).text
            assert client.get(f"/api/v1/logs/{payload['log_id']}").json()["service_id"] == "payment"


async def test_agents_and_grafana_reach_the_platform_through_the_gateway(up: Up, environ: dict[str, str]) -> None:
    word = "through-the-gateway"
    assert logloop(environ, "send", "--service", "gate", stdin=f"{word} 1\n").returncode == 0
    find_logs(environ, f"service:gate {word}", 1)
    command = StdioServerParameters(command=str(Path(sys.executable).with_name("logloop")), args=["mcp"], env=environ)
    async with stdio_client(command) as (receive, send), ClientSession(receive, send) as session:
        await session.initialize()
        [found] = (await session.call_tool("search_logs", {"q": f"service:gate {word}"})).content
    headers = {"Authorization": f"Bearer {up.credentials['api_key']}"}
    query = f'{{service_name="gate"}} |= "{word}"'
    with up.client() as client:
        answer = client.get("/loki/api/v1/query_range", params={"query": query}).json()
    url = up.url.replace("http:", "ws:") + "/loki/api/v1/tail?" + urlencode({"query": query})
    async with connect(url, additional_headers=headers, proxy=None) as tail:
        first = json.loads(await tail.recv())
        assert logloop(environ, "send", "--service", "gate", stdin=f"{word} 2\n").returncode == 0
        second = json.loads(await tail.recv())

    assert f"{word} 1" in getattr(found, "text", "")
    assert [line for _, line in answer["data"]["result"][0]["values"]] == [f"{word} 1"]
    assert [message["streams"][0]["values"][0][1] for message in (first, second)] == [f"{word} 1", f"{word} 2"]
