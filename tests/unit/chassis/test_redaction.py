"""Secrets are redacted, equal values get equal placeholders, and ordinary text is unchanged."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_chassis.text.redaction import Redactor, safe_text

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
SECRETS = {
    "jwt": (JWT, "TOKEN"),
    "aws": ("AKIAIOSFODNN7EXAMPLE", "KEY"),
    "github": ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "TOKEN"),
    "github fine": ("github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz", "TOKEN"),
    "openai": ("sk-proj-abcdefghijklmnop1234", "KEY"),
    "anthropic": ("sk-ant-api03-abcdefghijklmnop", "KEY"),
    "stripe": ("sk_live_abcdefghijklmnop", "KEY"),
    "google": ("AIza" + "a" * 35, "KEY"),
    "slack": ("xoxb-1234567890-abcdef", "TOKEN"),
    "gitlab": ("glpat-abcdefghij0123456789", "TOKEN"),
    "logloop": ("llk_abcdefghij_0123456789abcdef0123456789abcdef", "TOKEN"),
    "e-mail": ("anna.muster+x@mail.example.org", "EMAIL"),
    "card": ("4111 1111 1111 1111", "CARD"),
    "card plain": ("5500000000000004", "CARD"),
    "pem": ("-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----", "KEY"),
    "half a pem": ("-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEA", "KEY"),
}
CONTEXTS = ["{}", "login with {} failed", 'body={{"a":"{}"}}', "[{}]", "x={};y=2", "größe {} 漢字"]


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("context", CONTEXTS)
def test_a_secret_becomes_its_placeholder(name: str, context: str) -> None:
    secret, kind = SECRETS[name]
    redacted = Redactor().redact(context.format(secret))
    assert secret not in redacted
    assert re.search(rf"<({kind}|SECRET)_1>", redacted)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("password=hunter2", "hunter2"),
        ("PASSWORD: hunter2, next", "hunter2"),
        ('{"db_password":"hunter two"}', "hunter two"),
        ("{'api_key': 'hunter2'}", "hunter2"),
        ('{\\"client_secret\\":\\"hunter2\\"}', "hunter2"),
        ("MYSQL_PWD=hunter2 mysqld", "hunter2"),
        ("refresh_token=hunter2&x=1", "hunter2"),
        ("Authorization: Bearer abcdef123456", "abcdef123456"),
        ("authorization=Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("postgres://app:hunter2@db:5432/shop", "hunter2"),
        ("redis://:hunter2@cache/0", "hunter2"),
        ("https://hooks.slack.com/services/T000/B000/XXXXhunter2", "hunter2"),
    ],
)
def test_a_value_with_a_sensitive_name_is_hidden_and_its_name_stays(text: str, hidden: str) -> None:
    redacted = Redactor().redact(text)
    assert hidden not in redacted
    assert "_1>" in redacted
    assert redacted[:4] == text[:4]


@pytest.mark.parametrize(
    "text",
    [
        "payment timed out after 30 s",
        "order 1234567890123456 placed",
        "trace 4bf92f3577b34da6a3ce929d0e0e4736",
        "GET /users/42?page=2 200",
        "connect to 10.0.0.7:5432 failed",
        "KeyError: 'currency'",
        "skipped 12 of 14 tests",
        "http://localhost:8080/path",
    ],
)
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert Redactor().redact(text) == text


@pytest.mark.parametrize("around", ["{} 0", "0 {}", "12 {} 34", "7-{}", "{} 4111111111111112", "{} {}"])
def test_adjacent_numbers_do_not_keep_a_card_from_being_redacted(around: str) -> None:
    card = "4111 1111 1111 1111"
    redacted = Redactor().redact(around.replace("{}", card))
    # If the card and its neighbour form a longer number that passes the check, both are redacted.
    assert card not in redacted
    assert "<CARD_1>" in redacted


def test_the_same_value_is_the_same_placeholder_everywhere() -> None:
    redactor = Redactor()
    first = redactor.redact("a@example.org wrote to b@example.org")
    second = redactor.redact("from b@example.org and a@example.org")
    assert first == "<EMAIL_1> wrote to <EMAIL_2>"
    assert second == "from <EMAIL_2> and <EMAIL_1>"
    assert redactor.count == 2


def test_what_was_redacted_is_not_restored() -> None:
    redactor = Redactor()
    redacted = redactor.redact("a@example.org used password=hunter2")
    assert redactor.restore(redacted) == "<EMAIL_1> used password=<SECRET_1>"


def test_a_value_that_is_masked_in_one_place_is_masked_everywhere() -> None:
    redactor = Redactor()
    redactor.redact("password=hunter2 of anna@example.org, token: none, secret=ab1")
    text = "hunter2 failed for 'anna@example.org'; hunter22 and none and ab1 are other words; (hunter2)"
    assert redactor.mask(text) == (
        "<SECRET_1> failed for '<EMAIL_1>'; hunter22 and none and ab1 are other words; (<SECRET_1>)"
    )
    assert safe_text("retry with hunter2", redactor, 100) == "retry with <SECRET_1>"
    assert Redactor("off").mask(text) == text


def test_a_line_cannot_forge_a_placeholder() -> None:
    redactor = Redactor()
    redactor.redact("real@example.org")
    redacted = redactor.redact("I am <EMAIL_7>")
    assert redacted == "I am <LITERAL_1>"
    assert redactor.restore(redacted) == "I am <EMAIL_7>"


def test_strict_also_redacts_addresses_and_home_folders() -> None:
    redacted = Redactor("strict").redact("from 10.1.2.3 and fe80::1 in /home/anna/x, call +49 30 1234567")
    assert "10.1.2.3" not in redacted
    assert "fe80::1" not in redacted
    assert "anna" not in redacted
    assert "1234567" not in redacted


def test_off_changes_nothing() -> None:
    assert Redactor("off").redact("password=hunter2 a@example.org") == "password=hunter2 a@example.org"


@given(st.text(max_size=200), st.sampled_from(sorted(SECRETS)), st.text(max_size=200))
def test_a_secret_between_blanks_is_always_redacted(before: str, name: str, after: str) -> None:
    secret = SECRETS[name][0]
    redacted = Redactor("strict").redact(f"{before} {secret} {after}")
    assert secret not in redacted or secret in before or secret in after


@given(st.text(max_size=300))
def test_redacting_twice_changes_nothing(text: str) -> None:
    redactor = Redactor()
    once = redactor.redact(text)
    assert redactor.redact(once) == once


def test_hostile_lines_are_redacted_in_linear_time() -> None:
    redactor = Redactor("strict")
    for evil in (
        "a" * 200_000,
        "password=" * 20_000,
        "1 " * 100_000,
        "<" * 100_000,
        "://:" * 50_000,
        "-----BEGIN " * 9000,
    ):
        assert len(redactor.redact(evil)) <= 2 * len(evil)
