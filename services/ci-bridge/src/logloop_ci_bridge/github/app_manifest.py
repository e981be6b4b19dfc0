"""The GitHub App that Logloop needs: its manifest, and the page on which GitHub creates it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from logloop_chassis.outbound.egress import EgressGuard, EgressRefused

PERMISSIONS: Mapping[str, str] = {"actions": "write", "checks": "read", "contents": "write", "metadata": "read"}
EVENTS = ("push", "workflow_run")
WEBHOOK_PATH = "/api/v1/ci/webhooks/github"
RETURN_PATH = "/github-app"
"""The page of the web app to which GitHub sends people back."""


def web_url(api_url: str) -> str:
    """Return the address of GitHub's pages for that of its API: github.com, GHE.com or GitHub Enterprise Server."""
    parts = urlsplit(api_url)
    host = parts.netloc.lower()
    if host == "api.github.com" or (host.startswith("api.") and host.endswith(".ghe.com")):
        host = host.removeprefix("api.")
    return f"{parts.scheme}://{host}"


def creation_page(api_url: str, organization: str | None, state: str) -> str:
    """Return the address to which the manifest is posted. The App belongs to an organization, or to the person."""
    owner = f"/organizations/{quote(organization, safe='')}" if organization else ""
    return f"{web_url(api_url)}{owner}/settings/apps/new?{urlencode({'state': state})}"


def manifest(name: str, public_url: str) -> dict[str, Any]:
    """Return the manifest. GitHub delivers webhooks to public addresses only, so others get none: runs are polled."""
    base = public_url.rstrip("/")
    found: dict[str, Any] = {
        "name": name,
        "url": base,
        "redirect_url": f"{base}{RETURN_PATH}",
        "setup_url": f"{base}{RETURN_PATH}",
        "public": False,
        "default_permissions": dict(PERMISSIONS),
    }
    if is_public(base):
        found |= {"hook_attributes": {"url": f"{base}{WEBHOOK_PATH}"}, "default_events": list(EVENTS)}
    return found


def is_public(url: str) -> bool:
    """Return whether GitHub may be able to reach an address: https, and not known to be private."""
    if not url.startswith("https://"):
        return False
    try:
        EgressGuard().check(url)
    except EgressRefused:
        return False
    return True
