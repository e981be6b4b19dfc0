"""The files with which a broker in a container and the services know each other."""

import base64
import hashlib
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from logloop_chassis.settings import ServiceSettings
from logloop_contracts.broker_accounts import SENDER, SERVICES
from logloop_contracts.broker_files import write_broker_files


def url_file(folder: Path, service: str) -> Path:
    return folder / service / "amqp-url"


def test_a_service_signs_in_with_a_password_that_only_the_broker_can_check(tmp_path: Path) -> None:
    write_broker_files(tmp_path, "rabbitmq:5672", "of the senders")
    text = (tmp_path / "rabbitmq/definitions.json").read_text()
    digests = {user["name"]: base64.b64decode(user["password_hash"]) for user in json.loads(text)["users"]}
    passwords = {SENDER: "of the senders"}
    for service in SERVICES:
        settings = ServiceSettings(amqp_url_file=url_file(tmp_path, service), secret_key="s" * 32)
        url = urlsplit(settings.amqp_url.get_secret_value())
        assert (url.scheme, url.username, url.netloc.rpartition("@")[2]) == ("amqp", service, "rabbitmq:5672")
        passwords[service] = url.password or ""
    assert len(set(passwords.values())) == len(SERVICES) + 1
    for name, password in passwords.items():
        salt, digest = digests[name][:4], digests[name][4:]
        assert hashlib.sha256(salt + password.encode()).digest() == digest
        assert password not in text


def test_passwords_are_kept_and_a_lost_one_is_replaced(tmp_path: Path) -> None:
    write_broker_files(tmp_path, "rabbitmq:5672", "first")
    before = {service: url_file(tmp_path, service).read_text() for service in SERVICES}
    url_file(tmp_path, "query").unlink()
    write_broker_files(tmp_path, "rabbitmq:5672", "second")
    after = {service: url_file(tmp_path, service).read_text() for service in SERVICES}
    assert {service for service in SERVICES if before[service] != after[service]} == {"query"}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="amqp-url"):
        ServiceSettings(amqp_url_file=tmp_path / "amqp-url", secret_key="s" * 32)
