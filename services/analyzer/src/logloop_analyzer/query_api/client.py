"""Reads logs, provider settings and the state of analyses from query over HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import stamina
from logloop_chassis.crypto import issue_service_token
from logloop_chassis.outbound.tls import tls_context_for
from logloop_contracts.analyses import Report
from logloop_contracts.outcomes_of_tests import BAD
from logloop_contracts.patterns.edits import MAX_EDITS, PatternEdits
from pydantic import ValidationError

from logloop_analyzer.comparison.history import Attempt, RunFacts
from logloop_analyzer.errors import AnalysisError
from logloop_analyzer.model.provider import ProviderSettings
from logloop_analyzer.query_api.interface import AnalysisState, LogCounts, LogSample, LogSelection
from logloop_analyzer.query_api.log_stream import BrokenStream, read_log_stream
from logloop_analyzer.query_api.records_of_tests import attempt_in, run_in

RETRY_FOR_S = 30.0
_FIRST_DELAY_S = 0.25
_MAX_DELAY_S = 4.0
_JITTER_S = 0.25
_TIMEOUT = httpx.Timeout(30, connect=3)
_CHUNK = 256 * 1024
_HISTORY = 100
"""Newest outcomes of a test that a verdict considers."""
_FAILURES = 500
"""Failures of each kind that are read of a run, ordered by test."""
T = TypeVar("T")


class _QueryUnavailable(Exception):
    """A retry may succeed."""


class QueryClient:
    """Calls query with a service token that is valid for one project. Raises AnalysisError with what to do.

    `defaults` are provider settings for what a project has not set.
    """

    def __init__(self, url: str, secret_key: str, *, retry_for_s: float = RETRY_FOR_S, **defaults: Any) -> None:
        self._secret_key = secret_key
        self._retry_for_s = retry_for_s
        self._defaults = defaults
        self._http = httpx.AsyncClient(
            base_url=url, timeout=_TIMEOUT, trust_env=False, follow_redirects=False, verify=tls_context_for(url)
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def read_logs(self, selection: LogSelection, *, max_logs: int, max_bytes: int) -> LogSample:
        """See QueryApi."""
        params = {"format": "arrow", **_scope_of(selection)}

        async def read() -> LogSample:
            async with self._get("/api/v1/logs/export", selection.project_id, params) as response:
                chunks = response.aiter_bytes(_CHUNK)
                try:
                    return await read_log_stream(chunks, max_logs=max_logs, max_bytes=max_bytes)
                except BrokenStream as error:
                    raise _QueryUnavailable(str(error)) from error
                except KeyError as error:
                    raise AnalysisError("internal", f"query's export has no column {error}") from error

        return await self._with_retries(read)

    async def count_logs(self, selection: LogSelection) -> LogCounts:
        """See QueryApi."""
        params = {**_scope_of(selection), "buckets": "1", "by": "severity"}
        body = await self._get_json("/api/v1/logs/histogram", selection.project_id, params)
        return LogCounts(body["total"], sum(item["groups"].get("error", 0) for item in body["items"]))

    async def pattern_edits(self, project_id: str) -> PatternEdits:
        """See QueryApi."""
        params = {"project_id": project_id, "limit": str(MAX_EDITS)}
        items = (await self._get_json("/api/v1/pattern-edits", project_id, params))["items"]
        return PatternEdits(
            united=frozenset(item["template"] for item in items if item["action"] == "merge"),
            apart=frozenset(item["template"] for item in items if item["action"] == "split"),
        )

    async def provider(self, project_id: str | None) -> ProviderSettings | None:
        """See QueryApi."""
        params = {"project_id": project_id} if project_id else {}
        body = await self._get_json("/internal/settings/llm", project_id, params)
        if body.get("provider") in (None, "none"):
            return None
        saved = {name: value for name, value in body.items() if value is not None}
        try:
            return ProviderSettings.model_validate({**self._defaults, **saved})
        except ValidationError as error:
            fields = ", ".join(".".join(map(str, item["loc"])) for item in error.errors())
            detail = f"the saved model settings are incomplete or invalid: {fields}; save them again"
            raise AnalysisError("internal", detail) from error

    async def analysis_state(self, project_id: str, analysis_id: str) -> AnalysisState | None:
        """See QueryApi."""
        try:
            body = await self._get_json(f"/api/v1/logs/analyses/{analysis_id}", project_id, {})
        except AnalysisError as error:
            if error.reason == "bad_scope":
                return None
            raise
        report = body.get("report")
        return AnalysisState(
            status=str(body.get("status")),
            turn=int(body.get("turn", 0)),
            question=body.get("question"),
            report=Report.model_validate(report) if report else None,
        )

    async def test_history(self, project_id: str, test_id: str) -> Sequence[Attempt]:
        """See TestRecords."""
        params = {"project_id": project_id, "test_id": test_id, "limit": str(_HISTORY)}
        body = await self._get_json("/api/v1/test-history", project_id, params)
        return [attempt_in({**item, "test_id": test_id}) for item in body["items"]]

    async def test_run(self, project_id: str, run_id: str) -> RunFacts | None:
        """See TestRecords."""
        path = f"/api/v1/test-runs/{quote(run_id, safe='')}"
        failures = []
        try:
            for outcome in sorted(BAD):
                body = await self._get_json(path, project_id, {"outcome": outcome, "limit": str(_FAILURES)})
                failures += body["outcomes"]["items"]
        except AnalysisError as error:
            if error.reason == "bad_scope":
                return None
            raise
        return run_in(body, failures) if body["project_id"] == project_id else None

    async def ping(self) -> None:
        """Raise if query is not alive; a readiness check."""
        response = await self._http.get("/livez", timeout=2.0)
        if response.status_code != httpx.codes.OK:
            raise ConnectionError(f"query answers {response.status_code}")

    async def _get_json(self, path: str, project_id: str | None, params: Mapping[str, str]) -> dict[str, Any]:
        async def read() -> dict[str, Any]:
            async with self._get(path, project_id, params) as response:
                await response.aread()
                try:
                    body = response.json()
                except ValueError as error:
                    raise _QueryUnavailable("query's answer is not JSON") from error
                if not isinstance(body, dict):
                    raise _QueryUnavailable("query's answer is not a JSON object")
                return body

        return await self._with_retries(read)

    @asynccontextmanager
    async def _get(
        self, path: str, project_id: str | None, params: Mapping[str, str]
    ) -> AsyncIterator[httpx.Response]:
        token = issue_service_token(self._secret_key, "analyzer", project_id)
        headers = {"Authorization": f"Bearer {token}"}
        try:
            async with self._http.stream("GET", path, params=dict(params), headers=headers) as response:
                if response.status_code != httpx.codes.OK:
                    raise await _error_of(response)
                yield response
        except httpx.HTTPError as error:
            raise _QueryUnavailable(f"query could not be reached ({type(error).__name__})") from error

    async def _with_retries(self, read: Callable[[], Awaitable[T]]) -> T:
        retry = stamina.AsyncRetryingCaller(
            attempts=None,
            timeout=self._retry_for_s,
            wait_initial=_FIRST_DELAY_S,
            wait_max=_MAX_DELAY_S,
            wait_jitter=_JITTER_S,
        )
        try:
            return await retry(_QueryUnavailable, read)
        except _QueryUnavailable as error:
            raise AnalysisError("query_unavailable", f"{error}; try again later") from error


def _scope_of(selection: LogSelection) -> dict[str, str]:
    return {
        "project_id": selection.project_id,
        "q": selection.q,
        "since": _timestamp(selection.since),
        "until": _timestamp(selection.until),
    }


def _timestamp(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def _error_of(response: httpx.Response) -> Exception:
    """Return the exception for a response other than 200."""
    await response.aread()
    try:
        detail = str(response.json().get("detail") or response.reason_phrase)[:500]
    except (ValueError, AttributeError):
        detail = response.text[:200] or response.reason_phrase
    status = response.status_code
    if status in {404, 400, 422}:
        return AnalysisError("bad_scope", detail)
    if status == 409:
        return AnalysisError("internal", detail)
    if status in {401, 403}:
        hint = "check that both services have the same LOGLOOP_SECRET_KEY"
        return AnalysisError("internal", f"query rejects the analyzer's service token ({detail}); {hint}")
    return _QueryUnavailable(f"query answered {status}: {detail}")
