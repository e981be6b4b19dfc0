"""What users install, as processes on the machine of a running platform: no set-up, and what is sent is found."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.infra import Infra, fresh_database, memory_folder
from tests.system.up_process import Up, eventually


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
    command = [str(Path(sys.executable).with_name("logloop")), *arguments]
    return subprocess.run(command, env=environ, input=stdin, capture_output=True, text=True, timeout=160)


def answer(environ: dict[str, str], *arguments: str) -> dict[str, Any]:
    """What a command prints with --json."""
    done = logloop(environ, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def found(environ: dict[str, str], query: str, number: int) -> list[dict[str, object]]:
    """The logs of a search, oldest first, once there are as many as expected."""

    def look() -> list[dict[str, object]] | None:
        done = logloop(environ, "search", query, "--oldest-first", "-n", "0", "--json")
        assert done.returncode in {0, 1}, done.stderr
        items: list[dict[str, object]] = json.loads(done.stdout)["items"]
        return items if len(items) >= number else None

    return eventually(look) or []


def test_the_first_log_of_the_readme_is_found_as_it_says(environ: dict[str, str]) -> None:
    checkout = Path(__file__).resolve().parents[2]
    block = (checkout / "README.md").read_text().partition("## Your first log")[2].split("```sh\n")[1].split("```")[0]
    first, then = (
        line.replace(".venv/bin/logloop", str(Path(sys.executable).with_name("logloop")))
        for line in block.strip().splitlines()
    )

    def typed(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["bash", "-c", line], env=environ, capture_output=True, text=True, timeout=160)

    assert typed(first).returncode == 0
    assert "\tinfo\thello\tfirst light\n" in eventually(lambda: typed(then).stdout)


def test_lines_that_are_sent_are_found_tailed_explained_and_exported(environ: dict[str, str], tmp_path: Path) -> None:
    tail = subprocess.Popen(
        [str(Path(sys.executable).with_name("logloop")), "tail", "service:web", "-n", "2", "--json"],
        env=environ, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    lines = "".join(
        f'127.0.0.1 - - [{day}/Nov/2026:10:00:0{n} +0000] "GET /cart/{n} HTTP/1.1" 50{n} 7\n'
        for n, day in enumerate(("22", "22", "22"))
    )

    def send_until_heard() -> bool:
        assert logloop(environ, "send", "-s", "web", "--timezone", "UTC", stdin=lines).returncode == 0
        return tail.poll() is not None

    eventually(send_until_heard)
    assert tail.stdout
    heard = [json.loads(line) for line in tail.stdout.read().splitlines()]
    tail.stdout.close()
    assert len(heard) == 2
    items = found(environ, "service:web severity:error attributes.http.response.status_code:502", 1)
    assert items[0]["message"] == '"GET /cart/2 HTTP/1.1" 502 7'
    report = answer(environ, "analyze", "service:web", "--since", "30d")
    assert report["status"] == "completed"
    assert report["report"]["mode"] == "deterministic"
    target = tmp_path / "web.csv"
    assert logloop(environ, "export", "service:web", "-o", str(target)).returncode == 0
    assert "GET /cart/2" in target.read_text()


def test_a_program_s_log_calls_arrive_with_their_exception(environ: dict[str, str]) -> None:
    program = (
        "import logging, logloop\n"
        "logging.basicConfig(level='INFO', handlers=[logloop.LoggingHandler(service='pay')])\n"
        "for n in range(3000): logging.info('paid %d', n)\n"
        "try: {}['x']\n"
        "except KeyError: logging.exception('cannot pay', extra={'card': 'visa'})\n"
    )
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, timeout=160)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    items = found(environ, "service:pay", 3001)
    assert len(items) == 3001
    [failure] = [item for item in items if item["severity"] == "error"]
    assert failure["message"] == "cannot pay\nKeyError: 'x'"
    assert isinstance(failure["attributes"], dict)
    assert failure["attributes"]["card"] == "visa"


def test_a_test_run_arrives_with_its_outcomes(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "test_pay.py").write_text("def test_ok(): pass\ndef test_bad(): assert 1 == 2\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--logloop", "--logloop-run-id", "r1"],
        cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=160,
    )  # fmt: skip
    assert done.returncode == 1
    items = found(environ, 'attributes.test.run_id:"r1" attributes.test.event:finished', 2)
    outcomes = {item["test_id"]: item["severity"] for item in items}
    assert outcomes == {"test_pay.py::test_ok": "info", "test_pay.py::test_bad": "error"}


def test_a_growing_file_is_followed(environ: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "rabbit.log"
    path.write_text("2026-11-22 23:06:01.123456+00:00 [warning] <0.230.0> memory is low\n")
    follower = subprocess.Popen(
        [str(Path(sys.executable).with_name("logloop")), "send", "-f", "-s", "mq", str(path)],
        env={**environ, "XDG_STATE_HOME": str(tmp_path)}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        [first] = found(environ, "service:mq", 1)
        assert (first["message"], first["severity"]) == ("memory is low", "warn")
        with path.open("a") as file:
            file.write("2026-11-22 23:06:02.123456+00:00 [info] <0.230.0> memory is fine\n")
        assert len(found(environ, "service:mq", 2)) == 2
    finally:
        follower.terminate()
        assert follower.wait(100) == 130


def test_administration_needs_no_password_on_this_machine(environ: dict[str, str]) -> None:
    assert (
        answer(environ, "admin", "projects", "create", "--set", "id=shop", "--set", "name=Shop")["state"] == "active"
    )
    key = logloop(environ, "admin", "keys", "create", "ci", "-p", "shop", "--scope", "ingest").stdout.strip()
    sent = logloop({**environ, "LOGLOOP_API_KEY": key}, "send", "-p", "shop", stdin="hello\n")
    assert sent.returncode == 0, sent.stderr
    assert logloop({**environ, "LOGLOOP_API_KEY": key}, "search", "-p", "shop").returncode == 3
    assert logloop(environ, "dead-letters", "list").returncode == 1
    assert "admin@logloop.local" in logloop(environ, "admin", "users", "list").stdout
    assert "project.create" in logloop(environ, "admin", "audit", "--all-projects").stdout


def test_a_workflow_is_dispatched_to_the_console_without_credentials(environ: dict[str, str]) -> None:
    pipeline = {"name": "Diagnose", "service_id": "web", "repository": "acme/shop", "event_type": "diagnose"}
    made = answer(environ, "ci", "pipelines", "create", "--data", json.dumps(pipeline))
    assert answer(environ, "ci", "pipelines", "update", made["id"], "--set", "name=Look")["name"] == "Look"
    dispatched = answer(environ, "ci", "dispatch", made["id"])

    def is_recorded() -> bool:
        listed = answer(environ, "ci", "dispatches")["items"]
        return any(item["id"] == dispatched["id"] and item["state"] == "recorded" for item in listed)

    assert eventually(is_recorded)


def test_the_demo_tells_its_story_again_and_every_link_of_it_opens(environ: dict[str, str], up: Up) -> None:
    for _ in range(2):  # the lines of the first run must not stand in for those of the second
        story = answer(environ, "demo")
        assert story["own_tests"].endswith("s")
        report = story["analysis"]["report"]
        assert report["verdict"] == "confirmed"
        assert "pay-eu timed out" in report["summary"]
        payload = story["dispatch"]["payload"]
        assert payload["link"] == f"{up.url}/projects/demo/logs/{payload['log_id']}"
        with up.client() as client:
            assert "<title>Logloop" in client.get(payload["link"]).text
            assert client.get(f"/api/v1/logs/{payload['log_id']}").json()["service_id"] == "payment"
