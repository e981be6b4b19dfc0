"""The recipes in `examples/` fit what ingest offers. Those of rsyslog and syslog-ng run in tests/real/ingest."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from logloop.cli.app import app
from logloop_ingest.listeners.addresses import PORTS, parse_address
from logloop_ingest.protocols.loki.loki import LOKI
from logloop_ingest.protocols.otlp.otlp import OTLP
from typer.main import get_command

EXAMPLES = Path(__file__).resolve().parents[4] / "examples"


def fluent_bit_of_kubernetes() -> Any:
    documents = yaml.safe_load_all((EXAMPLES / "kubernetes/fluent-bit.yml").read_text())
    [config] = [found for found in documents if found["kind"] == "ConfigMap"]
    return yaml.safe_load(config["data"]["fluent-bit.yml"])


def test_fluent_bit_sends_to_the_usual_port_with_acknowledgements_and_storage() -> None:
    on_host = yaml.safe_load((EXAMPLES / "fluent-bit/fluent-bit.yml").read_text())
    for config in (on_host, fluent_bit_of_kubernetes()):
        [output] = config["pipeline"]["outputs"]
        assert (output["name"], output["port"]) == ("forward", PORTS["forward", "tcp"])
        assert (output["require_ack_response"], output["retry_limit"]) == (True, "no_limits")
        assert {source["storage.type"] for source in config["pipeline"]["inputs"]} == {"filesystem"}
        assert config["service"]["storage.path"]


def test_the_collector_and_vector_use_paths_that_ingest_serves() -> None:
    collector = yaml.safe_load((EXAMPLES / "opentelemetry-collector/collector.yml").read_text())
    assert collector["exporters"]["otlphttp"]["endpoint"] == "${env:LOGLOOP_URL}", "the exporter appends /v1/logs"
    assert "/v1/logs" in OTLP.paths
    assert collector["exporters"]["otlphttp"]["sending_queue"]["storage"] in collector["service"]["extensions"]
    vector = yaml.safe_load((EXAMPLES / "vector/vector.yml").read_text())["sinks"]["logloop"]
    assert (vector["type"], vector["endpoint"]) == ("loki", "${LOGLOOP_URL}"), "the sink appends /loki/api/v1/push"
    assert "/loki/api/v1/push" in LOKI.paths
    assert vector["buffer"]["when_full"] == "block"


def test_the_unit_and_the_readmes_use_commands_and_addresses_that_exist() -> None:
    unit = (EXAMPLES / "docker/logloop-containers.service").read_text()
    [command] = re.findall(r"ExecStart=\S+/logloop (.*)", unit)
    name, *arguments = command.split()
    send: Any = get_command(app)
    send = send.commands[name]
    context = send.make_context("send", arguments)
    assert (context.params["docker"], context.params["exclude"]) == (True, ["logloop-*"])
    addresses = [
        found
        for readme in EXAMPLES.glob("*/README.md")
        for found in re.findall(r"(?<![\w`])(?:syslog|gelf|forward)\+\w+://[^\s'`]+", readme.read_text())
    ]
    assert len(addresses) > 5
    for address in addresses:
        project = "" if "project=" in address else ("&" if "?" in address else "?") + "project=shop"
        parse_address(address.replace("…", "shop") + project)


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.iterdir() if path.name != "workflows"))
def test_each_example_has_a_readme(name: str) -> None:
    assert (EXAMPLES / name / "README.md").read_text().startswith("# ")
