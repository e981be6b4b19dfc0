"""Asks a provider whether its credentials work, and passes on its own words.

It must not send logs or prompts, follow redirects, or connect to an address that was not checked.
"""

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from logloop_chassis.outbound.egress import EgressGuard, EgressRefused

TIMEOUT_S = 10.0
_MAX_ANSWER = 1 << 20
_MAX_WORDS = 500
_MAX_MODELS = 200
_BASE_URLS: Mapping[str, str] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com/v1",
    "google": "https://generativelanguage.googleapis.com/v1beta",
    "ollama": "http://127.0.0.1:11434",
}

_VERSIONS: Mapping[str, str] = {"anthropic": "/v1", "google": "/v1beta"}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether the credentials work; `detail` holds the provider's words, `status` its HTTP status if it answered."""

    ok: bool
    detail: str
    status: int | None = None
    models: list[str] = field(default_factory=list)


class ProviderCheck:
    """Makes one GET request to a provider."""

    def __init__(self, guard: EgressGuard) -> None:
        self._guard = guard

    async def llm(self, settings: Mapping[str, Any]) -> CheckResult:
        """List the provider's models with its key, and look for the chosen one."""
        provider, key = settings["provider"], settings["api_key"] or ""
        if provider == "none":
            return CheckResult(ok=False, detail="no provider is chosen; reports come without a model")
        base = (settings["base_url"] or _BASE_URLS.get(provider, "")).rstrip("/")
        version = _VERSIONS.get(provider, "")
        url = f"{base}/models" if base.endswith(version) else f"{base}{version}/models"
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        if provider == "anthropic":
            headers = {"x-api-key": key, "anthropic-version": "2023-06-01"}
        elif provider == "google":
            headers = {"x-goog-api-key": key}
        elif provider == "ollama":
            url = f"{base}/api/tags"
        answer = await self._get(url, headers, (key,))
        return _with_models(answer, settings["model"]) if isinstance(answer, _Answer) else answer

    async def github(self, settings: Mapping[str, Any]) -> CheckResult:
        """Ask GitHub about the default repository, else about the credentials themselves."""
        base = settings["api_url"].rstrip("/")
        try:
            token, path = _github_credentials(settings)
        except ValueError as error:
            return CheckResult(ok=False, detail=str(error))
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
        answer = await self._get(base + path, headers, (token,))
        if not isinstance(answer, _Answer):
            return answer
        body = answer.body if isinstance(answer.body, dict) else {}
        name = body.get("full_name") or body.get("slug") or body.get("app_slug") or "the credentials"
        return CheckResult(ok=True, detail=f"GitHub accepts {name}", status=answer.status)

    async def _get(self, url: str, headers: Mapping[str, str], secrets: tuple[str, ...]) -> "_Answer | CheckResult":
        try:
            destination = await self._guard.resolve(url)
        except EgressRefused as error:
            return CheckResult(ok=False, detail=str(error))
        pinned = httpx.URL(url).copy_with(host=destination.addresses[0])
        host = httpx.URL(url).netloc.decode()
        try:
            async with (
                httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=TIMEOUT_S) as client,
                client.stream(
                    "GET",
                    pinned,
                    headers={**headers, "Host": host, "User-Agent": "logloop"},
                    extensions={"sni_hostname": destination.host},
                ) as answer,
            ):
                raw = await _read(answer)
        except httpx.HTTPError as error:
            return CheckResult(ok=False, detail=f"no answer from {destination.host}: {error or type(error).__name__}")
        if answer.status_code != httpx.codes.OK:
            return CheckResult(ok=False, detail=_words(raw, secrets), status=answer.status_code)
        try:
            return _Answer(answer.status_code, orjson.loads(raw))
        except orjson.JSONDecodeError:
            return CheckResult(ok=False, detail=f"the answer is no JSON: {_words(raw, secrets)}", status=200)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: Any


async def _read(answer: httpx.Response) -> bytes:
    raw = b""
    async for chunk in answer.aiter_bytes():
        raw += chunk
        if len(raw) > _MAX_ANSWER:
            break
    return raw


def _words(raw: bytes, secrets: tuple[str, ...]) -> str:
    try:
        body = orjson.loads(raw)
        error = body.get("error", body)
        text = str(error.get("message", error) if isinstance(error, dict) else error)
    except (orjson.JSONDecodeError, AttributeError):
        text = raw.decode(errors="replace")
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return " ".join(text.split())[:_MAX_WORDS] or "an empty answer"


def _with_models(answer: _Answer, wanted: str | None) -> CheckResult:
    body = answer.body if isinstance(answer.body, dict) else {}
    listed = body.get("data") or body.get("models") or []
    items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    names = [str(item.get("id") or item.get("name", "")).removeprefix("models/") for item in items][:_MAX_MODELS]
    if wanted and names and wanted not in names and f"{wanted}:latest" not in names:
        detail = f"the credentials work, but the provider lists no model {wanted!r}"
        return CheckResult(ok=False, detail=detail, status=answer.status, models=names)
    return CheckResult(
        ok=True, detail=f"the provider answers; {len(names)} models", status=answer.status, models=names
    )


def _github_credentials(settings: Mapping[str, Any]) -> tuple[str, str]:
    """A bearer token and the path that tells whether it works. Raises ValueError with what is missing."""
    repository = settings["default_repository"]
    if settings["token"]:
        return settings["token"], f"/repos/{repository}" if repository else "/rate_limit"
    if settings["app_id"] and settings["private_key"]:
        installation = settings["installation_id"]
        path = f"/app/installations/{installation}" if installation else "/app"
        return app_token(str(settings["app_id"]), settings["private_key"]), path
    raise ValueError("no credentials: enter a token, or an app_id with its private_key and installation_id")


def app_token(app_id: str, private_key: str) -> str:
    """The JWT with which a GitHub App speaks for itself, for nine minutes. Raises ValueError for a bad key."""
    try:
        key = load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise ValueError("the private_key is no PEM key without a passphrase") from error
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("the private_key is no RSA key; GitHub Apps use RSA")  # noqa: TRY004  # a wrong value to the user
    moment = int(time.time())
    head, body = ({"alg": "RS256", "typ": "JWT"}, {"iat": moment - 60, "exp": moment + 540, "iss": app_id})
    signed = f"{_base64(orjson.dumps(head))}.{_base64(orjson.dumps(body))}"
    return f"{signed}.{_base64(key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
