"""Documents POST /api/v1/logs in OpenAPI: body, headers, examples and limits.

The body is not parsed by a model, which would take five times as long per entry; so its schema is written here.
"""

from typing import Any

import orjson
from logloop_contracts.log_entry import SEVERITY_ALIASES, LogEntry

from logloop_ingest.limits import MAX_KEY_LENGTH, Limits

DESCRIPTION = """Send one log entry, an array of entries, or one entry per line (NDJSON).

The response is sent after the message broker has written the entries to disk: entries that a `202` counts as accepted
are not lost. Entries that break a rule are rejected one by one, with their position and the reasons; the others are
accepted.

* `project_id` is optional with an API key that is bound to one project. Entries of a project that the caller may not
  write to are rejected; when that is true of all entries, the response is 403 (404 if the project does not exist).
* `timestamp` is RFC 3339 with an offset; finer digits than microseconds are cut off. It may be at most one day ahead.
* `severity` takes the common words in any case (`WARNING`, `fatal`, `trace` …); the sender's own word is kept in
  `attributes.severity_text`.
* Lone surrogates, NUL characters and invalid UTF-8 become U+FFFD; integers of more than 64 bits become strings; NaN
  and Infinity are rejected.
* The body may be compressed (`Content-Encoding: gzip`, `zstd` or `deflate`).
* Default limits: 32 MiB per request after decompression, 10,000 entries, 1 MiB per entry, 256 KiB per message,
  256 attributes nested 20 deep.
* A key may have limits: bytes a second and bytes a day, after decompression. A request over a limit gets 429 before
  it is parsed, and nothing of it is accepted.

**Retries.** After 429 and 503 wait for the time in `Retry-After`, then send the same request again. With an
`Idempotency-Key` the entries are stored once, however late the retry comes; without one, a retry after a timeout may
store them twice. Do not use a key again for other entries: the response is 409 while the server remembers the first
request; later the other entries are dropped, because the first ones are already stored."""

_ENTRY: dict[str, Any] = {
    "project_id": "shop",
    "service_id": "checkout",
    "message": "payment of order 4711 failed: upstream timeout after 3012 ms",
    "severity": "error",
    "timestamp": "2026-11-22T10:00:00.123456Z",
    "func_id": "checkout.pay:charge",
    "source": "stdout",
    "attributes": {"trace_id": "4bf92f35", "http": {"status": 502}},
}
_MINIMAL_ENTRY: dict[str, Any] = {
    "project_id": "shop",
    "service_id": "checkout",
    "message": "order 4711 placed",
    "severity": "info",
    "timestamp": "2026-11-22T11:00:00+01:00",
}
_BATCH = "06hd3k2p9s8t4u1v7a5b3c2d1e"

RECEIPTS: dict[str, Any] = {
    "all": {
        "summary": "Every entry was accepted",
        "value": {"accepted": 2, "rejected": [], "batch_id": _BATCH, "batches": {}, "duplicate": False},
    },
    "some": {
        "summary": "One entry was rejected",
        "value": {
            "accepted": 1,
            "rejected": [
                {
                    "index": 1,
                    "errors": [{"field": "timestamp", "reason": "needs an offset: end it with Z or +01:00"}],
                }
            ],
            "batch_id": _BATCH,
            "batches": {},
            "duplicate": False,
        },
    },
}


def _entry_schema() -> dict[str, Any]:
    schema = LogEntry.model_json_schema()
    schema.pop("$defs", None)
    schema["description"] = "One log entry."
    properties = schema["properties"]
    properties["severity"] = {
        "type": "string",
        "enum": list(SEVERITY_ALIASES),
        "description": "debug, info, warn or error, or an alias of one of them; in any case.",
        "examples": ["error"],
    }
    properties["project_id"]["description"] += " Optional with a key that is bound to one project."
    properties["attributes"]["anyOf"][0]["additionalProperties"] = True  # any JSON
    schema["required"] = ["service_id", "message", "severity", "timestamp"]
    schema["title"] = "LogEntry"
    return schema


def _operation() -> dict[str, Any]:
    entry = _entry_schema()
    lines = b"\n".join(map(orjson.dumps, (_ENTRY, _MINIMAL_ENTRY))).decode()
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "anyOf": [
                            entry,
                            {"type": "array", "items": entry, "minItems": 1, "maxItems": Limits().entries},
                        ]
                    },
                    "examples": {
                        "one": {"summary": "One entry", "value": _ENTRY},
                        "many": {"summary": "Several entries", "value": [_ENTRY, _MINIMAL_ENTRY]},
                    },
                },
                # Documented as text/plain: tools that generate requests from this document do not support NDJSON.
                "text/plain": {
                    "schema": {"type": "string", "description": "One entry per line; also as application/x-ndjson."},
                    "examples": {"lines": {"summary": "One entry per line", "value": lines}},
                },
            },
        },
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "Identifies this set of entries within the project, for example a UUID.",
                "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": "^[!-~]+$"},
            },
        ],
        # The security schemes of the chassis; the endpoint authenticates by itself, before it reads the body.
        "security": [{"HTTPBearer": []}, {"APIKeyHeader": []}, {"APIKeyCookie": []}],
    }


OPERATION = _operation()
