"""Every response of every service conforms to its OpenAPI document, whatever the request."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infra import Infra, fresh_database
from tests.system.forked import MODULES
from tests.system.platform import Platform

pytestmark = [pytest.mark.xdist_group("openapi"), pytest.mark.timeout(600)]

_SEED = "20261122"
_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
_MAX_EXAMPLES = {"ingest": 30, "query": 3, "analyzer": 20, "ci-bridge": 3}
# Endless streams: other tests cover their first events.
_ENDLESS = r"(/logs/tail|/events)$"
# Many failed sign-ins would block sign-in for the rest of the run.
_THROTTLED = "/api/v1/session"


@pytest.fixture(scope="module")
def platform(infra: Infra, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """All services on their own vhost and database."""
    vhost = infra.fresh_vhost()
    folder = tmp_path_factory.mktemp("openapi")
    services = ["query", *sorted({*MODULES} - {"query"})]
    with Platform(vhost, infra.mongo_url, fresh_database(), folder, services=services) as running:
        yield running
    infra.delete_vhost(vhost)


@pytest.mark.parametrize("service", sorted(MODULES))
def test_every_response_is_documented_and_none_is_a_server_error(
    service: str, platform: Platform, tmp_path: Path
) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{platform[service].url}/openapi.json",
        f"--header=Authorization: Bearer {platform.admin_key}",
        f"--checks={','.join(_CHECKS)}",
        "--phases=examples,coverage,fuzzing",
        f"--max-examples={_MAX_EXAMPLES[service]}",
        f"--seed={_SEED}",
        "--request-timeout=20",
        "--suppress-health-check=all",
        "--continue-on-failure",
        "--generation-with-security-parameters=false",
        "--generation-database=none",
        "--no-color",
        f"--exclude-path-regex={_ENDLESS}",
        f"--exclude-path={_THROTTLED}",
    ]
    env = {**os.environ, "SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("schemathesis_hooks.py"))}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=580)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert platform[service].child.is_running()
