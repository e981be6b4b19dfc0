"""Maps a Content-Type header to the format of the body."""

from typing import Literal

from logloop_chassis.http.problems import UnsupportedMedia

BodyFormat = Literal["json", "lines", "any"]
"""One JSON value, one JSON object per line, or whichever of the two the body turns out to be."""

_JSON_TYPES = frozenset({"application/json", "text/json"})
_LINES_TYPES = frozenset(
    {
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonl",
        "application/jsonlines",
        "application/x-jsonlines",
        "application/json-lines",
        "application/json-seq",
    }
)
# `curl -d` sends form-urlencoded by default. Forms are not supported, so the body decides.
_UNSPECIFIC_TYPES = frozenset({"", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded"})


def body_format(content_type: str) -> BodyFormat:
    """Return the body format of a Content-Type. Raises UnsupportedMedia for anything but JSON in UTF-8."""
    if content_type == "application/json":  # by far the most frequent
        return "json"
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower()
    charset = parameters.lower().partition("charset=")[2].partition(";")[0].strip().strip('"')
    if charset not in {"", "utf-8", "utf8", "us-ascii"}:
        raise UnsupportedMedia(f"charset {charset[:40]!r} is not supported; send UTF-8")
    if kind in _JSON_TYPES or (kind.startswith("application/") and kind.endswith("+json")):
        return "json"
    if kind in _LINES_TYPES:
        return "lines"
    if kind in _UNSPECIFIC_TYPES:
        return "any"
    raise UnsupportedMedia(
        f"Content-Type {kind[:80]!r} is not supported; use application/json or application/x-ndjson"
    )
