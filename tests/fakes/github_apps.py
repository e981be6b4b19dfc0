"""GitHub Apps on the fake: the page that takes a manifest, the exchange of its code, installations, repositories."""

import json
import secrets
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from tests.fakes.github_messages import SPEC, USER, answer, minimal_of, problem

_SCHEMAS = SPEC["components"]["schemas"]
# The description of this list demands the fields of users and those of enterprises.
_ACCOUNT = {**minimal_of(_SCHEMAS["enterprise"]), **USER}


@dataclass
class FakeInstallation:
    """An account with the App."""

    id: int
    account: str
    repositories: tuple[str, ...] = ()
    suspended: bool = False


@dataclass
class FakeApps:
    """What GitHub knows of Apps. `codes` are those that are not used yet."""

    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    created: list[dict[str, Any]] = field(default_factory=list)
    installations: list[FakeInstallation] = field(default_factory=list)

    def ask(self, request: Request, raw: bytes) -> Response:
        """The page after the manifest was posted: GitHub asks the person. Refuses what GitHub refuses."""
        form = {name: values[0] for name, values in parse_qs(raw.decode()).items()}
        manifest = json.loads(form["manifest"])
        wrong = _violations(manifest)
        if wrong:
            return HTMLResponse(f"<h1>Invalid GitHub App configuration</h1><p>{escape(wrong)}</p>", 422)
        code = secrets.token_hex(16)
        self.codes[code] = {**manifest, "owner": request.path_params.get("organization", "octocat")}
        query = urlencode({"code": code, "state": request.query_params["state"]})
        return HTMLResponse(
            f"<title>Create GitHub App</title><h1>{escape(manifest['name'])}</h1>"
            f'<a href="{escape(manifest["redirect_url"])}?{escape(query)}">Create GitHub App</a>'
        )

    def convert(self, request: Request, base_url: str) -> Response:
        """Exchange a code for the App, once."""
        manifest = self.codes.pop(request.path_params["code"], None)
        if manifest is None:
            return problem(404, "Not Found")
        key = rsa.generate_private_key(65537, 2048)
        app = {
            **app_json(base_url, manifest["name"]),
            "id": 1234,
            "permissions": manifest["default_permissions"],
            "events": manifest.get("default_events", []),
            "client_id": "Iv1.fake",
            "client_secret": secrets.token_hex(20),
            "webhook_secret": secrets.token_hex(20) if "hook_attributes" in manifest else None,
            "pem": key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode(),
        }
        self.created.append(app)
        return answer(201, app)

    def list_installations(self, base_url: str) -> Response:
        """The accounts with the App."""
        shape = minimal_of(_SCHEMAS["installation"])
        return answer(
            200,
            [
                {
                    **shape,
                    "id": item.id,
                    "account": {**_ACCOUNT, "login": item.account},
                    "repository_selection": "selected" if item.repositories else "all",
                    "suspended_at": "2026-11-22T10:00:00Z" if item.suspended else None,
                    "html_url": f"{base_url}/installations/{item.id}",
                }
                for item in self.installations
            ],
        )


def app_json(base_url: str, name: str) -> dict[str, Any]:
    """Return an App as GitHub's API shows it."""
    shape = minimal_of({**_SCHEMAS["integration"], "nullable": False})
    return {**shape, "id": 12, "slug": "logloop", "name": name, "html_url": f"{base_url}/apps/logloop"}


def _violations(manifest: dict[str, Any]) -> str:
    """Return what GitHub finds wrong with a manifest, "" when nothing."""
    known = _SCHEMAS["app-permissions"]["properties"]
    wrong = [
        f"Permission {name} cannot be {right}"
        for name, right in manifest.get("default_permissions", {}).items()
        if right not in known.get(name, {}).get("enum", ())
    ]
    if len(manifest.get("name", "")) > 34:
        wrong.append("Name is too long (maximum is 34 characters)")
    host = urlsplit(manifest.get("hook_attributes", {}).get("url", "https://public.example")).hostname
    if host in ("localhost", "127.0.0.1"):
        wrong.append("Hook url is not supported because it isn't reachable over the public Internet")
    wrong += [f"{name} is missing" for name in ("url", "redirect_url") if not manifest.get(name)]
    return "; ".join(wrong)
