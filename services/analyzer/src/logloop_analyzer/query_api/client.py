"""Reads logs, provider settings and the state of analyses from query over HTTP.

It must not hold more of an answer than its limits allow.
"""

import asyncio
import io
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
import pyarrow as pa
import structlog
from logloop_chassis.crypto import issue_service_token
from logloop_contracts.analyses import Report
from pydantic import ValidationError

from logloop_analyzer.errors import AnalysisError
from logloop_analyzer.evidence.log_window import conform
from logloop_analyzer.model.provider import ProviderSettings
from logloop_analyzer.query_api.interface import AnalysisState, ReadLogs, Selection

TRY_FOR_S = 30.0
_FIRST_DELAY_S = 0.25
_MAX_DELAY_S = 4.0
_TIMEOUT = httpx.Timeout(30, connect=3)
_CHUNK = 256 * 1024
_log = structlog.get_logger()
T = TypeVar("T")


class _TryAgain(Exception):
    """Query could not answer now."""


class QueryClient:
    """Speaks to query as a service, within one project at a time. Raises AnalysisError with what to do."""

    def __init__(self, url: str, secret_key: str, *, try_for_s: float = TRY_FOR_S, **options: Any) -> None:
        self._secret_key = secret_key
        self._try_for_s = try_for_s
        self._options = options
        self._http = httpx.AsyncClient(base_url=url, timeout=_TIMEOUT, trust_env=False, follow_redirects=False)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def read_logs(self, selection: Selection, *, max_logs: int, max_bytes: int) -> ReadLogs:
        """See LogSource."""
        params = {
            "format": "arrow",
            "project_id": selection.project_id,
            "q": selection.q,
            "since": _moment(selection.since),
            "until": _moment(selection.until),
        }

        async def read() -> ReadLogs:
            async with self._get("/api/v1/logs/export", selection.project_id, params) as answer:
                return await _read_stream(answer, max_logs, max_bytes)

        return await self._patiently(read)

    async def provider(self, project_id: str | None) -> ProviderSettings | None:
        """See LogSource."""
        body = await self._json(
            "/internal/settings/llm", project_id, {"project_id": project_id} if project_id else {}
        )
        if body.get("provider") in (None, "none"):
            return None
        try:
            return ProviderSettings.model_validate({**self._options, **_present(body)})
        except ValidationError as error:
            fields = ", ".join(".".join(map(str, item["loc"])) for item in error.errors())
            raise AnalysisError(
                "internal", f"the model settings of the project are not complete: {fields}"
            ) from error

    async def state(self, project_id: str, analysis_id: str) -> AnalysisState | None:
        """See LogSource."""
        try:
            body = await self._json(f"/api/v1/logs/analyses/{analysis_id}", project_id, {})
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

    async def ping(self) -> None:
        """Raise when query is not alive; for readiness."""
        answer = await self._http.get("/livez", timeout=2.0)
        if answer.status_code != httpx.codes.OK:
            raise ConnectionError(f"query answers {answer.status_code}")

    async def _json(self, path: str, project_id: str | None, params: Mapping[str, str]) -> dict[str, Any]:
        async def read() -> dict[str, Any]:
            async with self._get(path, project_id, params) as answer:
                await answer.aread()
                try:
                    body = answer.json()
                except ValueError as error:
                    raise _TryAgain("query's answer is no JSON") from error
                if not isinstance(body, dict):
                    raise _TryAgain("query's answer is no JSON object")
                return body

        return await self._patiently(read)

    @asynccontextmanager
    async def _get(
        self, path: str, project_id: str | None, params: Mapping[str, str]
    ) -> AsyncIterator[httpx.Response]:
        token = issue_service_token(self._secret_key, "analyzer", project_id)
        try:
            async with self._http.stream(
                "GET", path, params=dict(params), headers={"Authorization": f"Bearer {token}"}
            ) as answer:
                if answer.status_code != httpx.codes.OK:
                    await _refused(answer)
                yield answer
        except httpx.HTTPError as error:
            raise _TryAgain(f"query could not be reached ({type(error).__name__})") from error

    async def _patiently(self, read: Callable[[], Awaitable[T]]) -> T:
        """Repeat what may succeed later, for a while."""
        loop = asyncio.get_running_loop()
        give_up, delay = loop.time() + self._try_for_s, _FIRST_DELAY_S
        while True:
            try:
                return await read()
            except _TryAgain as error:
                if loop.time() + delay > give_up:
                    raise AnalysisError("query_unavailable", f"{error}; try again later") from error
                _log.info("query cannot answer yet", reason=str(error), delay_s=round(delay, 2))
            await asyncio.sleep(delay * random.uniform(0.8, 1.2))  # noqa: S311  # jitter
            delay = min(_MAX_DELAY_S, delay * 2)


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _present(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


async def _refused(answer: httpx.Response) -> None:
    """Raise for an answer other than 200."""
    await answer.aread()
    try:
        detail = str(answer.json().get("detail") or answer.reason_phrase)[:500]
    except (ValueError, AttributeError):
        detail = answer.text[:200] or answer.reason_phrase
    status = answer.status_code
    if status in {404, 400, 422}:
        raise AnalysisError("bad_scope", detail)
    if status == 409:
        raise AnalysisError("internal", detail)
    if status in {401, 403}:
        raise AnalysisError(
            "internal", f"query refuses the analyzer ({detail}); do both have the same LOGLOOP_SECRET_KEY?"
        )
    raise _TryAgain(f"query answered {status}: {detail}")


async def _read_stream(answer: httpx.Response, max_logs: int, max_bytes: int) -> ReadLogs:
    """Read an Arrow stream up to the limits. Raises _TryAgain when it breaks off or is none."""
    # Logs shrink several times under zstd, so a body beyond the decoded limit cannot fit; a cut one stays readable.
    body, cut = io.BytesIO(), False
    async for chunk in answer.aiter_bytes(_CHUNK):
        body.write(chunk)
        if body.tell() > max_bytes:
            cut = True
            break
    return await asyncio.to_thread(_decoded, body, max_logs, max_bytes, cut=cut)


def _decoded(body: io.BytesIO, max_logs: int, max_bytes: int, *, cut: bool) -> ReadLogs:
    tables: list[pa.Table] = []
    rows = size = 0
    body.seek(0)
    try:
        with pa.ipc.open_stream(body) as reader:
            for batch in reader:
                table = conform(pa.Table.from_batches([batch.slice(0, max_logs - rows)]))
                tables.append(table)
                rows, size = rows + table.num_rows, size + table.nbytes
                if table.num_rows < batch.num_rows or size > max_bytes:
                    cut = True
                    break
    except (pa.ArrowException, OSError, ValueError) as error:
        if not cut:
            raise _TryAgain("query's export is no Arrow stream") from error
    except KeyError as error:
        raise AnalysisError("internal", f"query's export has no column {error}") from error
    if not tables:
        return ReadLogs(conform(None), cut)
    return ReadLogs(pa.concat_tables(tables).unify_dictionaries(), cut)
