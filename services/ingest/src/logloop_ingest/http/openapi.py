"""How POST /api/v1/logs is described: body, headers, examples and limits.

It must not be read at run time; the body is parsed by `decoders`, for a model an entry costs five times as much.
"""

from typing import Any

import orjson
from logloop_contracts.log_entry import SEVERITY_ALIASES, LogEntry

from logloop_ingest.limits import MAX_KEY_LENGTH, Limits

DESCRIPTION = """Send one log entry, an array of them, or one a line (NDJSON).

The answer comes after the message broker has written the entries to disk: what a `202` counts as accepted is kept.
Entries that break a rule are refused one by one, with their position and the reasons; the others are taken in.

* `project_id` may be left out with an API key that is bound to one project. Entries of a project that the caller may
  not write to are refused; when that is true of all, the answer is 403 (or 404 when there is no such project).
* `timestamp` is RFC 3339 with an offset; digits beyond microseconds are cut off. It may lie a day ahead at most.
* `severity` takes the usual words in any case (`WARNING`, `fatal`, `trace` …); the sender's own stays in
  `attributes.severity_text`.
* Lone surrogates, NUL characters and wrong UTF-8 become U+FFFD; integers of more than 64 bits become strings; NaN and
  Infinity are refused.
* A body may be compressed (`Content-Encoding: gzip`, `zstd` or `deflate`).
* Limits, unless this deployment sets others: 32 MiB a request after decompression, 10,000 entries, 1 MiB an entry,
  256 KiB a message, 256 attributes nested 20 deep.

**Retries.** On 429 and 503 wait as `Retry-After` says, then send the same again. With an `Idempotency-Key` a repeat
is stored once, whenever it comes; without one a repeat after a time-out may be stored twice. The same key with other
entries is a mistake: it is answered with 409 while the server remembers the first ones, and later they are dropped,
for the first ones stay."""

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
_SHORT: dict[str, Any] = {
    "project_id": "shop",
    "service_id": "checkout",
    "message": "order 4711 placed",
    "severity": "info",
    "timestamp": "2026-11-22T11:00:00+01:00",
}
_BATCH = "06hd3k2p9s8t4u1v7a5b3c2d1e"

ANSWERS: dict[str, Any] = {
    "all": {
        "summary": "Everything was taken in",
        "value": {"accepted": 2, "rejected": [], "batch_id": _BATCH, "batches": {}, "duplicate": False},
    },
    "some": {
        "summary": "One entry was refused",
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
    schema["description"] = "One line of log."
    properties = schema["properties"]
    properties["severity"] = {
        "type": "string",
        "enum": list(SEVERITY_ALIASES),
        "description": "debug, info, warn or error, or an alias that is mapped to one of them; in any case.",
        "examples": ["error"],
    }
    properties["project_id"]["description"] += " May be left out with a key that is bound to one project."
    properties["attributes"]["anyOf"][0]["additionalProperties"] = True  # any JSON
    schema["required"] = ["service_id", "message", "severity", "timestamp"]
    schema["title"] = "LogEntry"
    return schema


def _operation() -> dict[str, Any]:
    entry = _entry_schema()
    lines = b"\n".join(map(orjson.dumps, (_ENTRY, _SHORT))).decode()
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
                        "many": {"summary": "Several entries", "value": [_ENTRY, _SHORT]},
                    },
                },
                # Named by its plain type: tools that make requests from this document know no NDJSON.
                "text/plain": {
                    "schema": {"type": "string", "description": "One entry a line; also as application/x-ndjson."},
                    "examples": {"lines": {"summary": "One entry a line", "value": lines}},
                },
            },
        },
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "Names this very set of entries within the project; a UUID will do.",
                "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": "^[!-~]+$"},
            },
        ],
        # The schemes of chassis.auth; the handler checks them itself, before it reads the body.
        "security": [{"HTTPBearer": []}, {"APIKeyHeader": []}, {"APIKeyCookie": []}],
    }


OPERATION = _operation()
