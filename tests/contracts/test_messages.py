"""The channel map is complete, generated files are up to date, and every published example still parses."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from logloop_chassis.messaging.asyncapi import asyncapi_document
from logloop_contracts.channels import CHANNELS, DEAD_EXCHANGE, EXCHANGES, QUEUES, RETRY_EXCHANGE, Channel
from logloop_contracts.envelope import Event
from logloop_contracts.log_entry import LogEntry

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "packages/contracts/src/logloop_contracts"
SERVICES = ("ingest", "query", "analyzer", "ci-bridge")


def folder(channel: Channel) -> Path:
    return PACKAGE / "examples" / channel.event_type.replace(".*", "")


def examples() -> list[tuple[Channel, Path]]:
    return [(channel, path) for channel in CHANNELS for path in sorted(folder(channel).glob("*.json"))]


def test_the_generated_files_are_up_to_date() -> None:
    check = subprocess.run(
        [sys.executable, ROOT / "scripts/contracts.py", "--check"], capture_output=True, text=True, timeout=60
    )
    assert check.returncode == 0, check.stdout


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.event_type)
def test_every_channel_has_an_example(channel: Channel) -> None:
    assert list(folder(channel).glob("*.json"))


@pytest.mark.parametrize(("channel", "path"), examples(), ids=lambda value: getattr(value, "stem", ""))
def test_a_published_example_parses_and_matches_its_schema(channel: Channel, path: Path) -> None:
    document = json.loads(path.read_text())
    schema = json.loads((PACKAGE / "schemas" / f"{folder(channel).name}.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(document)
    if channel.payload is LogEntry:
        LogEntry.model_validate(document)
        return
    event = Event[channel.payload].model_validate(document)  # type: ignore[name-defined]  # class at run time
    assert event.type == channel.event_type


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.event_type)
def test_an_event_with_a_field_of_a_later_minor_version_still_parses(channel: Channel) -> None:
    if channel.payload is LogEntry:
        pytest.skip("log entries are validated strictly")
    document = json.loads(next(folder(channel).glob("*.json")).read_text())
    document["data"]["added_later"] = document["added_later"] = 1
    Event[channel.payload].model_validate(document)  # type: ignore[name-defined]  # class at run time


def test_every_exchange_is_used_and_every_queue_has_an_existing_consumer() -> None:
    assert {channel.exchange for channel in CHANNELS} | {RETRY_EXCHANGE, DEAD_EXCHANGE} == set(EXCHANGES)
    assert {queue.consumer for queue in QUEUES} == set(SERVICES)
    assert len({queue.name for queue in QUEUES}) == len(QUEUES)
    assert all(queue.name.startswith(f"{queue.consumer}.") for queue in QUEUES), "its account would not own it"


def test_no_exchange_queue_or_routing_key_is_named_outside_the_map() -> None:
    names = {queue.name for queue in QUEUES} | {exchange.name for exchange in EXCHANGES}
    names |= {channel.key for channel in CHANNELS if "*" not in channel.key}
    strays = [
        f"{path.relative_to(ROOT)}: {name}"
        for folder_name in ("services", "packages")
        for path in (ROOT / folder_name).rglob("*.py")
        if path.name != "channels.py"
        for name in names
        if f'"{name}"' in path.read_text()
    ]
    assert strays == []


@pytest.mark.parametrize("service", SERVICES)
def test_asyncapi_describes_each_queue_a_service_consumes(service: str) -> None:
    document = asyncapi_document(service, "1.2.3")
    assert document["asyncapi"] == "3.0.0"
    received = {name for name, item in document["operations"].items() if item["action"] == "receive"}
    expected = {f"receive-{folder(c).name}" for queue in QUEUES if queue.consumer == service for c in queue.channels}
    assert received == expected
    for operation in document["operations"].values():
        assert operation["channel"]["$ref"].removeprefix("#/channels/") in document["channels"]
