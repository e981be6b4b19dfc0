"""Credentials are replaced by markers; other text is unchanged."""

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_ingest.batching.redaction import redact_secrets


def redact(*texts: str | None) -> list[str | None]:
    found: list[str | None] = redact_secrets(pa.array(texts, pa.utf8())).to_pylist()
    return found


@pytest.mark.parametrize(
    ("text", "secret", "rest"),
    [
        ("token ghp_0123456789abcdefghij0123 used", "ghp_", "token <TOKEN> used"),
        ("key AKIAIOSFODNN7EXAMPLE ok", "AKIA", "key <ACCESS_KEY> ok"),
        ("open amqp://guest:hunter2@mq:5672/ now", "hunter2", "open amqp://guest:<PASSWORD>@mq:5672/ now"),
        ("Authorization: Bearer abcdef0123456789", "abcdef", "Authorization: Bearer <TOKEN>"),
        ("login password=hunter2; next", "hunter2", "login password=<SECRET>; next"),
        ('{"api_key":"hunter2","a":1}', "hunter2", '{"api_key":"<SECRET>","a":1}'),
        (r"body {\"password\": \"hunter2\"}", "hunter2", r"body {\"password\": \"<SECRET>\"}"),
        ("sent with llk_abcdefghij_0123456789abcdef", "0123", "sent with <API_KEY>"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMII\nx\n-----END RSA PRIVATE KEY----- end", "MII", "<PRIVATE_KEY> end"),
        ("jwt eyJhbGciOi.eyJzdWIiOiIx.c2lnbmF0dXJl", "eyJ", "jwt <TOKEN>"),
    ],
)
def test_a_credential_is_replaced(text: str, secret: str, rest: str) -> None:
    assert redact("before", text, None) == ["before", rest, None]
    assert secret not in rest


def test_text_without_credentials_is_unchanged() -> None:
    column = pa.array(["the token expired", "GET /password/reset 200", "ratio 3:4@5", None], pa.utf8())
    assert redact_secrets(column).to_pylist() == column.to_pylist()
    assert redact(None, None) == [None, None]


@given(st.dictionaries(st.sampled_from(["password", "api_key", "user"]), st.text(min_size=1), min_size=1))
def test_attributes_stay_json(attributes: dict[str, str]) -> None:
    [text] = redact(json.dumps(attributes, ensure_ascii=False))
    assert text is not None
    assert json.loads(text).keys() == attributes.keys()
