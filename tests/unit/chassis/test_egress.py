"""The egress guard decides which addresses user-supplied URLs and redirects may reach."""

import socket
from typing import Any

import pytest
from logloop_chassis.outbound.egress import EgressGuard, EgressRefused, check_redirect, refusal_behind


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:11434",
        "http://[::1]/v1",
        "http://10.1.2.3/v1",
        "http://192.168.0.1",
        "http://172.16.5.5",
        "http://169.254.169.254/latest/meta-data",
        "http://0.0.0.0/",
        "http://100.64.0.1/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::a00:1]/",
        "http://[2002:7f00:1::]/",
        "http://224.0.0.1/",
        "http://8.8.8.8/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https://user:pw@example.org/",
        "https://@example.org/",
        "https://example.org\\@10.0.0.1/",
        "https://example.org/?next=x",
        "https://example.org/#x",
        "https://",
        "https://example.org:99999/",
        "gopher://127.0.0.1:6379/_x",
        "",
        "http://①②⑦.⓪.⓪.①:80",
        "https://①②⑦.⓪.⓪.①/",
        "https://\uff11\uff12\uff17.0.0.1/",
        "https://127。0。0。1/",
        "https://ⓛocalhost/",
        "https://münchen.example/",
        "https://xn--a.example\u200b/",
        "https://127.0.0.1./",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://a.localhost/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.1/",
        "https://10.0.0.256/",
        "https://0/",
        "https://8.8.8.8.8/",
        "https://[fe80::1%25eth0]/",
        "https://[fe80::1%eth0]/",
        "https://[2606:4700::1111%25eth0]/",
        "https://[::127.0.0.1]/",
        "https://[::ffff:0:127.0.0.1%1]/",
        "https://[v1.fe80::a]/",
        "https://[::1",
        "https://127%2e0%2e0%2e1/",
        "https://a..example/",
        "https://.example/",
        "https://-/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 130 + "example/",
        "https://exa\nmple.org/",
        "https://example.org/\x01",
        "https://example.org/ x",
        "https://example.org\x00.evil/",
        "https://example.org/" + "x" * 9000,
    ],
)
def test_private_addresses_and_unusual_urls_are_refused(url: str) -> None:
    with pytest.raises(EgressRefused):
        EgressGuard().check(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1",
        "https://8.8.8.8/v1",
        "https://api.example.org./v1",
        "https://a_b-c.example.org/ü",
        "https://[2606:4700::1111]/",
    ],
)
def test_a_public_address_over_https_is_allowed(url: str) -> None:
    assert EgressGuard().check(url).geturl() == url


@pytest.mark.parametrize(
    ("allow", "url"),
    [
        ("10.0.0.0/8", "http://10.1.2.3:8000/v1"),
        ("192.168.0.7", "http://192.168.0.7/v1"),
        ("fd00::/8, 10.0.0.0/8", "http://[fd00::1]/"),
        ("127.0.0.1", "http://127.0.0.1:11434"),
        ("10.0.0.0/8", "http://[::ffff:10.0.0.1]/"),
    ],
)
def test_an_operator_can_allow_private_addresses(allow: str, url: str) -> None:
    assert EgressGuard(allow).check(url).scheme == "http"


def test_loopback_is_allowed_for_an_instance_on_loopback() -> None:
    assert EgressGuard(loopback=True).check("http://localhost:11434").port == 11434
    assert EgressGuard("localhost").check("http://localhost:11434").port == 11434
    assert EgressGuard(loopback=True).check("http://127.0.0.1:11434").port == 11434
    with pytest.raises(EgressRefused):
        EgressGuard(loopback=True).check("http://10.0.0.1/")


@pytest.mark.parametrize(
    ("addresses", "allow", "allowed"),
    [
        (["93.184.216.34"], "", True),
        (["93.184.216.34", "10.0.0.1"], "", False),
        (["127.0.0.1"], "", False),
        (["10.0.0.1"], "llm.internal", True),
    ],
)
async def test_every_address_of_a_name_is_checked(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str], allow: str, allowed: bool
) -> None:
    def look_up(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    guard = EgressGuard(allow)
    if allowed:
        assert (await guard.resolve("https://llm.internal/v1")).addresses == tuple(addresses)
    else:
        with pytest.raises(EgressRefused, match="LOGLOOP_EGRESS_ALLOW"):
            await guard.resolve("https://llm.internal/v1")


async def test_an_unresolvable_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    with pytest.raises(EgressRefused, match="cannot be resolved"):
        await EgressGuard().resolve("https://nowhere.invalid/")


API = "https://api.github.com"
HOSTS = ("*.githubusercontent.com", "*.blob.core.windows.net")


@pytest.mark.parametrize(
    "url",
    [
        "https://pipelines.actions.githubusercontent.com/x?sig=1",
        "https://productionresultssa0.blob.core.windows.net/x",
        "https://api.github.com/x",
        "https://API.github.com:443/x",
    ],
)
def test_a_redirect_to_the_same_origin_or_an_allowed_host_is_followed(url: str) -> None:
    check_redirect(url, base_url=API, allowed_hosts=HOSTS)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/relative",
        "http://x.githubusercontent.com/",
        "https://x.githubusercontent.com:8443/",
        "https://evil.example/x.githubusercontent.com",
        "https://githubusercontent.com.evil.example/",
        "https://x.githubusercontent.com@evil.example/",
        "https://evil.example#@x.githubusercontent.com/",
        "https://evil.example\\@x.githubusercontent.com/",
        "http://127.0.0.1/",
        "https://169.254.169.254/",
        "https://[::ffff:127.0.0.1]/",
        "ftp://x.githubusercontent.com/",
        "https://x.githubusercontent.com:99999/",
        "http://api.github.com/x",
    ],
)
def test_any_other_redirect_is_refused(url: str) -> None:
    with pytest.raises(EgressRefused):
        check_redirect(url, base_url=API, allowed_hosts=HOSTS)


def test_a_refusal_is_found_behind_wrapping_exceptions() -> None:
    refused = EgressRefused("no")
    wrapped = OSError("connection failed")
    wrapped.__cause__ = refused
    outer = RuntimeError("request failed")
    outer.__context__ = wrapped
    assert refusal_behind(outer) is refused
    assert refusal_behind(OSError()) is None
