"""A service refuses to start with settings that are missing or unsafe, and says which."""

import pytest
from logloop_chassis.settings import ServiceSettings, is_loopback
from pydantic import ValidationError


@pytest.fixture(autouse=True)
def only_these(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGLOOP_SECRET_KEY", "x" * 32)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LOGLOOP_SECRET_KEY", "short", "at least 32"),
        ("LOGLOOP_PORT", "70000", "port"),
        ("LOGLOOP_LOG_LEVEL", "loud", "log_level"),
    ],
)
def test_a_bad_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=words) as refusal:
        ServiceSettings()
    assert value not in str(refusal.value) or name != "LOGLOOP_SECRET_KEY"


def test_a_missing_secret_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOGLOOP_SECRET_KEY")
    with pytest.raises(ValidationError, match="secret_key"):
        ServiceSettings()


def test_no_authentication_is_refused_off_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGLOOP_NO_AUTH", "true")
    assert ServiceSettings().no_auth
    monkeypatch.setenv("LOGLOOP_HOST", "0.0.0.0")
    with pytest.raises(ValidationError, match="loopback"):
        ServiceSettings()


@pytest.mark.parametrize(
    ("host", "answer"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("logloop.example", False)],
)
def test_what_counts_as_loopback(host: str, answer: bool) -> None:
    assert is_loopback(host) is answer
