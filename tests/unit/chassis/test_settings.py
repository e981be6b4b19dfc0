"""A service does not start with missing or unsafe settings, and the error names them."""

import pytest
from logloop_chassis.settings import ServiceSettings, is_loopback
from pydantic import ValidationError


@pytest.fixture(autouse=True)
def required_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGLOOP_SECRET_KEY", "x" * 32)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("LOGLOOP_SECRET_KEY", "short", "at least 32"),
        ("LOGLOOP_PORT", "70000", "port"),
        ("LOGLOOP_LOG_LEVEL", "loud", "log_level"),
    ],
)
def test_the_error_names_an_invalid_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=message) as error:
        ServiceSettings()
    assert value not in str(error.value) or name != "LOGLOOP_SECRET_KEY"


def test_the_error_names_a_missing_secret_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOGLOOP_SECRET_KEY")
    with pytest.raises(ValidationError, match="secret_key"):
        ServiceSettings()


def test_no_auth_is_allowed_only_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGLOOP_NO_AUTH", "true")
    assert ServiceSettings().no_auth
    monkeypatch.setenv("LOGLOOP_HOST", "0.0.0.0")
    with pytest.raises(ValidationError, match="loopback"):
        ServiceSettings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOGLOOP_HOST", "0.0.0.0"),
        ("LOGLOOP_HOST", "::"),
        ("LOGLOOP_GATEWAY_BIND", "0.0.0.0"),
        ("LOGLOOP_GATEWAY_BIND", "192.168.1.7"),
        ("LOGLOOP_PUBLIC_URL", "https://logs.example.org"),
    ],
)
def test_a_platform_that_others_reach_is_not_local(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert ServiceSettings().is_local
    monkeypatch.setenv(name, value)
    assert not ServiceSettings().is_local


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("logloop.example", False)],
)
def test_loopback_hosts_are_recognised(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
