"""Resolves the platform's address and API key: arguments first, then environment, then files.

A key from a file is used only for the address stored beside it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from logloop.errors import NotConfigured

DEFAULT_URL = "http://127.0.0.1:8080"
_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Connection:
    """Address, key, project and service in use. `origin` says where the key comes from, for messages."""

    url: str
    api_key: str | None = None
    project: str | None = None
    service: str | None = None
    origin: str = "default"

    @property
    def is_loopback(self) -> bool:
        """Whether the platform is addressed over loopback."""
        return urlsplit(self.url).hostname in _LOOPBACK_HOSTS

    def require_project(self) -> str:
        """Return the project. Raises NotConfigured when none is set."""
        if not self.project:
            raise NotConfigured("No project is set. Pass project=… (--project) or set LOGLOOP_PROJECT.")
        return self.project

    def page(self, kind: str, record_id: str) -> str:
        """Return the URL of the page for a record of this project; `kind` is logs, analyses or runs."""
        return f"{self.url}/projects/{self.require_project()}/{kind}/{record_id}"

    def __repr__(self) -> str:
        key = "set" if self.api_key else "none"
        return f"Connection(url={self.url!r}, api_key={key}, project={self.project!r}, service={self.service!r})"


def config_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the path of the file that `logloop login` writes: LOGLOOP_CONFIG, else in the user's config folder."""
    if named := environ.get("LOGLOOP_CONFIG"):
        return Path(named)
    home = environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "logloop" / "config.json"


def credentials_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the path of the file that `logloop up` writes on this machine."""
    if named := environ.get("LOGLOOP_HOME"):
        return Path(named) / "credentials.json"
    data = environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "logloop" / "credentials.json"


def resolve(
    url: str | None = None,
    api_key: str | None = None,
    project: str | None = None,
    service: str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
) -> Connection:
    """Return the connection. Missing arguments come from LOGLOOP_URL, LOGLOOP_API_KEY, LOGLOOP_PROJECT and
    LOGLOOP_SERVICE, then from the files of `logloop login` and `logloop up`.

    Raises NotConfigured for a URL that is not http(s).
    """
    url = url or environ.get("LOGLOOP_URL") or None
    api_key = api_key or environ.get("LOGLOOP_API_KEY") or None
    project = project or environ.get("LOGLOOP_PROJECT") or None
    service = service or environ.get("LOGLOOP_SERVICE") or None
    origin = "arguments or environment" if api_key else "none"
    for path in (config_path(environ), credentials_path(environ)):
        stored = _read(path)
        stored_url = clean_url(str(stored.get("url") or DEFAULT_URL)) if stored else None
        if not stored or (url is not None and clean_url(url) != stored_url):
            continue
        url = url or stored_url
        if not api_key:
            api_key, origin = stored.get("api_key") or None, str(path)
        project = project or stored.get("project") or stored.get("project_id") or None
        service = service or stored.get("service") or None
    return Connection(clean_url(url or DEFAULT_URL), api_key, project, service, origin)


def clean_url(url: str) -> str:
    """Return the URL without a trailing slash. Raises NotConfigured when it is not http(s) or has no host."""
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise NotConfigured(f"Invalid platform address {url!r}. Use the form http://host:8080 (LOGLOOP_URL).")
    return url.strip().rstrip("/")


def save_config(values: Mapping[str, str], environ: Mapping[str, str] = os.environ) -> Path:
    """Write the configuration file with mode 600 and return its path."""
    path = config_path(environ)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(dict(values), file, indent=2)
        file.write("\n")
    temporary.replace(path)
    return path


def load_config(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return what `logloop login` stored; empty when there is nothing."""
    return _read(config_path(environ))


def local_sign_in(connection: Connection, environ: Mapping[str, str] = os.environ) -> tuple[str, str] | None:
    """Return e-mail and password of the first user of this machine's `logloop up`; None unless the key in use comes
    from the same file."""
    path = credentials_path(environ)
    stored = _read(path)
    if connection.origin != str(path) or not stored.get("email") or not stored.get("password"):
        return None
    return str(stored["email"]), str(stored["password"])


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
