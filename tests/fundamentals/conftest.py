"""One whole platform for the tour: the real services behind the gateway, and a fake GitHub on loopback."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from logloop import Client
from logloop.plain_http import WITHOUT_TLS

from tests.fakes.github import FakeGitHub
from tests.infra import Infra, fresh_database, memory_folder

T = TypeVar("T")
REPOSITORY = "acme/shop"
WORKFLOW = "probe.yml"
EVENT = "logloop.payment"


@dataclass
class TourPlatform:
    """The platform of the tour, with its client and its fake GitHub."""

    client: Client
    home: Path
    github: FakeGitHub
    credentials: dict[str, str]
    amqp_url: str
    mongo_url: str
    mongo_database: str

    def as_administrator(self, path: str, body: dict[str, Any]) -> Any:
        """POST with the session of a signed-in administrator, as the page does."""
        with httpx.Client(
            base_url=self.credentials["url"], trust_env=False, verify=WITHOUT_TLS, timeout=20
        ) as browser:
            account = {"email": self.credentials["email"], "password": self.credentials["password"]}
            signed_in = browser.post("/api/v1/session", json=account).raise_for_status()
            # Browsers send a Secure cookie to this machine over plain HTTP; httpx does not.
            cookie = signed_in.headers["set-cookie"].partition(";")[0]
            headers = {"Cookie": cookie, "Sec-Fetch-Site": "same-origin"}
            return browser.post(f"/api/v1{path}", json=body, headers=headers).raise_for_status().json()


def eventually(check: Callable[[], T | None], timeout_s: float = 60.0) -> T:
    """Return the first true result of `check`."""
    deadline = time.monotonic() + timeout_s
    while not (found := check()):
        assert time.monotonic() < deadline, f"condition not met after {timeout_s} s"
        time.sleep(0.05)
    return found


@pytest.fixture(scope="package")
def tour(infra: Infra) -> Iterator[TourPlatform]:
    """`logloop up` with the test run's RabbitMQ and MongoDB, and a project that uses the fake GitHub."""
    with memory_folder() as home, FakeGitHub() as github:
        github.workflow(REPOSITORY, WORKFLOW, types=(EVENT,))
        amqp_url, database = infra.fresh_vhost(), fresh_database()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LOGLOOP_")}
        env = {
            **kept,
            "LOGLOOP_HOME": str(home / "data"),
            "LOGLOOP_AMQP_URL": amqp_url,
            "LOGLOOP_MONGO_URL": infra.mongo_url,
            "LOGLOOP_MONGO_DATABASE": database,
            "LOGLOOP_CI_POLL": "0.5",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "logloop.local", "--json"], env=env, stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline() or pytest.fail("the platform did not start"))
            credentials = json.loads(Path(ready["credentials"]).read_text())
            with Client(credentials["url"], credentials["api_key"], project=credentials["project"]) as client:
                settings = {"api_url": github.url, "token": github.token}
                client.request(
                    "PUT", "/settings/github", params={"project_id": credentials["project"]}, body=settings
                )
                yield TourPlatform(client, home / "data", github, credentials, amqp_url, infra.mongo_url, database)
        finally:
            process.terminate()
            process.wait(60)
