"""Asks the analyzer to test LLM settings, and ci-bridge to test GitHub settings."""

from dataclasses import dataclass, field

import httpx
import structlog
from logloop_chassis.crypto import issue_service_token
from logloop_chassis.http.problems import Unavailable
from logloop_chassis.outbound.tls import tls_context_for
from pydantic import TypeAdapter, ValidationError

TIMEOUT_S = 12.0
"""Slightly more than the 10 s that the services give the provider."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether the credentials work. `status` is the HTTP status of the provider, None when it did not respond."""

    ok: bool
    detail: str
    status: int | None = None
    models: list[str] = field(default_factory=list)


_result = TypeAdapter(CheckResult)


class ProviderChecks:
    """Calls the two services with a token for one project, or for all projects (None)."""

    def __init__(self, secret_key: str, *, analyzer_url: str, ci_bridge_url: str) -> None:
        self._secret_key = secret_key
        self._llm_url = f"{analyzer_url.rstrip('/')}/internal/providers/check"
        self._github_url = f"{ci_bridge_url.rstrip('/')}/internal/github/check"

    async def llm(self, project_id: str | None) -> CheckResult:
        """Test the LLM settings that apply to a project. Raises Unavailable."""
        return await self._check("the analyzer", self._llm_url, project_id)

    async def github(self, project_id: str | None) -> CheckResult:
        """Test the GitHub settings that apply to a project. Raises Unavailable."""
        return await self._check("ci-bridge", self._github_url, project_id)

    async def _check(self, service: str, url: str, project_id: str | None) -> CheckResult:
        token = issue_service_token(self._secret_key, "query", project_id)
        headers = {"Authorization": f"Bearer {token}"}
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_S, verify=tls_context_for(url)) as client:
                response = await client.post(url, json={"project_id": project_id}, headers=headers)
            response.raise_for_status()
            return _result.validate_json(response.content)
        except (httpx.HTTPError, ValidationError) as error:
            _log.warning("settings test failed", service=service, error=f"{type(error).__name__}: {error}"[:200])
            raise Unavailable(f"{service} is unavailable; try again") from error
