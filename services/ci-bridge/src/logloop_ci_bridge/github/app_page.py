"""The page that hands the manifest to GitHub.

The policy of the web app forbids forms to other hosts. This page allows GitHub's host only, and has no script.
"""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import urlsplit

import orjson

_STYLE = (
    ":root{color-scheme:light dark}body{max-width:40rem;margin:3rem auto;padding:0 1rem;font:16px/1.5 system-ui}"
    "button{padding:.5rem 1rem;font:inherit}li{overflow-wrap:anywhere}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def page_of(manifest: Mapping[str, Any], action: str, back: str) -> str:
    """Return the page as HTML: what GitHub will create, and the button that asks it to."""
    host = escape(urlsplit(action).netloc)
    rights = ", ".join(f"{name}: {right}" for name, right in manifest["default_permissions"].items())
    hook = manifest.get("hook_attributes", {}).get("url", "none: GitHub cannot reach this address")
    value = escape(orjson.dumps(manifest).decode(), quote=True)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>Create the GitHub App</title>'
        f"<style>{_STYLE}</style></head><body><main>"
        f"<h1>Create the GitHub App</h1><p>{host} will ask you to confirm this App and send you back here.</p>"
        f"<ul><li>Name: {escape(manifest['name'])}</li><li>Permissions: {escape(rights)}</li>"
        f"<li>Webhooks to: {escape(hook)}</li></ul>"
        f'<form method="post" action="{escape(action, quote=True)}">'
        f'<input type="hidden" name="manifest" value="{value}">'
        f'<button type="submit">Continue on {host}</button></form>'
        f'<p><a href="{escape(back, quote=True)}">Back to Logloop</a></p></main></body></html>'
    )


def policy_of(action: str) -> str:
    """Return the content security policy of the page."""
    parts = urlsplit(action)
    return (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action {parts.scheme}://{parts.netloc}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
