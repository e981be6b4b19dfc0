"""The package's own way to start workflows: the README as written, handles of runs, generated modules."""

import os
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from logloop import AsyncClient, Client, ci, errors
from logloop_chassis.testing import wait_until

from tests.fakes.github import FakeGitHub
from tests.fakes.github_messages import FakeJob, FakeRun
from tests.infra import Infra, fresh_database
from tests.system.platform import Platform, wait_for

REPOSITORY = "acme/shop"
ROOT = Path(__file__).parents[3]
OUTPUT = (
    "PASSED tests/test_pay.py::test_cash",
    "FAILED tests/test_pay.py::test_card - assert 1 == 2",
    "##[error]Process completed with exit code 1.",
)


@dataclass
class World:
    """A platform whose project has the pipeline of the README, and a folder for modules."""

    platform: Platform
    github: FakeGitHub
    folder: Path
    environment: dict[str, str]

    def run(self, *command: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a command in the folder."""
        return subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True, **more)

    def client(self) -> Client:
        """A client of ci-bridge."""
        return Client(self.platform["ci-bridge"].url, self.platform.admin_key, project=self.platform.project)

    def async_client(self) -> AsyncClient:
        """An async client of ci-bridge."""
        return AsyncClient(self.platform["ci-bridge"].url, self.platform.admin_key, project=self.platform.project)


def _failed_job(_: FakeRun) -> list[FakeJob]:
    log = "".join(f"{datetime.now(UTC).isoformat()[:26]}0Z {line}\n" for line in OUTPUT)
    return [FakeJob(name="build", conclusion="failure", log=log)]


@pytest.fixture(scope="module")
def world(infra: Infra, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    vhost, folder = infra.fresh_vhost(), tmp_path_factory.mktemp("code")
    services, settings = ["query", "ingest", "ci-bridge"], {"LOGLOOP_CI_POLL": "0.2", "LOGLOOP_CI_SEND_INTERVAL": "0"}
    with (
        FakeGitHub(finish_after=0.2) as github,
        Platform(vhost, infra.mongo_url, fresh_database(), folder, services=services, env=settings) as platform,
    ):
        github.workflow(REPOSITORY, "diagnose.yml", types=("logloop.checkout.diagnose",))
        github.jobs_for = _failed_job
        with platform.client("query") as query:
            body = {"api_url": github.url, "token": github.token}
            query.put(
                "/api/v1/settings/github", params={"project_id": platform.project}, json=body
            ).raise_for_status()
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LOGLOOP_")},
            "LOGLOOP_URL": platform["ci-bridge"].url,
            "LOGLOOP_API_KEY": platform.admin_key,
            "LOGLOOP_PROJECT": platform.project,
            "LOGLOOP_CONFIG": str(folder / "none.json"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        yield World(platform, github, folder, environment)
    infra.delete_vhost(vhost)


def _blocks(document: str, heading: str) -> list[tuple[str, str]]:
    """The code blocks of a section, with their languages."""
    section = (ROOT / document).read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"```(\w+)\n(.*?)```", section, re.DOTALL)


def _run_blocks(world: World, blocks: list[tuple[str, str]]) -> str:
    """Run the blocks of a document as they are written; what they print."""
    printed = ""
    for language, code in blocks:
        command = ["bash", "-euc", code] if language == "sh" else [sys.executable, "-c", code]
        done = world.run(*command, timeout=60)
        assert done.returncode == 0, f"{code}\n{done.stdout}{done.stderr}"
        printed += done.stdout
    return printed


def test_the_section_of_the_package_runs_as_written(world: World) -> None:
    printed = _run_blocks(world, _blocks("packages/logloop/README.md", "Start workflows"))
    assert "failure https://github.example/acme/shop/actions/runs/" in printed
    assert "tests/test_pay.py::test_card failed" in printed
    assert "Process completed with exit code 1." in printed
    assert "OUTDATED" not in printed
    sent = [seen.body["client_payload"] for seen in world.github.seen("dispatch")]
    assert sent[0]["order_id"] == "4711"
    assert any(payload.get("exception") == "__main__.PaymentDeclined" for payload in sent), sent


def test_the_example_of_the_project_runs_as_written(world: World) -> None:
    code = next(code for language, code in _blocks("README.md", "Workflows from code") if language == "python")
    assert "failure" in _run_blocks(world, [("python", code)])


def test_a_module_that_is_older_than_the_platform_is_reported_and_warns_once(world: World) -> None:
    world.run("logloop", "ci", "generate", "--out", "workflows.py", check=True)
    module = _module(world)
    current = world.run("logloop", "ci", "generate", "--out", "workflows.py", "--check")
    assert (current.returncode, current.stderr) == (0, "workflows.py is up to date\n")
    with world.client() as client:
        [template] = list(client.list("/ci/templates", project_id=world.platform.project))
        changed = {name: template[name] for name in ("name", "event_type", "description", "fields")}
        changed["fields"] = [*changed["fields"], {"name": "region"}]
        client.request("PUT", f"/ci/templates/{template['id']}", body=changed)
        old = world.run("logloop", "ci", "generate", "--out", "workflows.py", "--check")
        assert old.returncode == 1
        assert "is older than" in old.stderr
        with pytest.warns(ci.OutdatedDefinitions, match="checkout/diagnose"):
            module.checkout_diagnose(order_id="1", client=client)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            module.checkout_diagnose(order_id="2", client=client)
    (world.folder / "other.py").write_text("print(1)\n")
    assert world.run("logloop", "ci", "generate", "--out", "other.py", "--check").returncode == 2


def _module(world: World) -> Any:
    module = ModuleType("workflows")
    exec(compile((world.folder / "workflows.py").read_text(), "workflows.py", "exec"), module.__dict__)  # noqa: S102
    return module


def test_a_handle_follows_its_run_and_finds_it_again(world: World) -> None:
    with world.client() as client:
        run = ci.dispatch("checkout/diagnose", client=client, order_id="5")
        assert run.status == "pending"
        with pytest.raises(TimeoutError, match="after 0 s"):
            run.wait(0)
        assert run.wait(60).conclusion == "failure"
        assert (run.outputs, run.url) == (None, f"https://github.example/{REPOSITORY}/actions/runs/{run.run_id}")
        same = ci.get(run.id, client=client)
        assert (same.run_id, same.status) == (run.run_id, "completed")
        assert [line.message for line in same.logs("FAILED")] == [OUTPUT[1]]
        assert {test.test_id.rpartition("::")[2]: test.outcome for test in same.tests()} == {
            "test_cash": "passed",
            "test_card": "failed",
        }
        with pytest.raises(errors.Refused, match="completed"):
            run.cancel()
        with pytest.raises(errors.NotFound, match="its pipelines are"):
            ci.dispatch("checkout/unknown", client=client)


async def test_the_async_handle_does_the_same_and_cancels(world: World) -> None:
    world.github._finish_after = None
    try:
        async with world.async_client() as client:
            run = await ci.dispatch_async("checkout/diagnose", client=client, order_id="6")

            async def has_started() -> bool:
                return (await run.refresh()).run_id is not None

            await wait_until(has_started)
            await run.cancel()
            assert (await run.wait(60)).conclusion == "cancelled"
            assert (await ci.get_async(run.id, client=client)).conclusion == "cancelled"
            assert await run.tests() == []
    finally:
        world.github._finish_after = 0.2


def test_a_dispatch_that_starts_no_run_says_why(world: World) -> None:
    with world.client() as client:
        body = {"name": "nowhere", "service_id": "checkout", "repository": "acme/unknown", "event_type": "x.y"}
        client.request("POST", "/ci/pipelines", body={"project_id": world.platform.project, **body})
        run = ci.dispatch("nowhere", client=client)
        with pytest.raises(ci.RunNotStarted, match="Not Found"):
            run.wait(30)
        assert run.status == "failed"
        with pytest.raises(ci.RunNotStarted):
            run.logs()


def test_threads_that_fail_at_once_start_one_workflow(world: World) -> None:
    before = world.github.count("dispatch")
    with world.client() as client:
        body = {"name": "fails", "service_id": "checkout", "repository": REPOSITORY, "event_type": "logloop.fails"}
        client.request("POST", "/ci/pipelines", body={"project_id": world.platform.project, **body})

        def fail() -> None:
            with pytest.raises(ZeroDivisionError), ci.on_failure("fails", client=client, timeout=10):
                _ = 1 / 0

        threads = [threading.Thread(target=fail) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_for(lambda: world.github.count("dispatch") > before, what="the dispatch")
        dispatches = list(client.list("/ci/dispatches", project_id=world.platform.project))
    assert [item["payload"]["exception"] for item in dispatches if item["event_type"] == "logloop.fails"] == [
        "ZeroDivisionError"
    ]
