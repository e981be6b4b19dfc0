"""Parses a request body into log entries: one JSON object, an array, or one object per line (NDJSON)."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from logloop_chassis.http.problems import BadRequest, TooLarge

from logloop_ingest.limits import Limits
from logloop_ingest.parsing.content_types import BodyFormat
from logloop_ingest.parsing.entry_columns import EntryColumns, columns_of
from logloop_ingest.parsing.json_values import BLANK, parse_values, too_many_entries
from logloop_ingest.parsing.typed_entries import parse_typed

_BOM = b"\xef\xbb\xbf"
_COMPRESSED = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))
_COUNT_VALUES_FROM = 4 * 2**20
"""Bytes from which a body may hold too many values."""
_MAX_VALUES = 1_000_000


class Entries(NamedTuple):
    """The entries of one body, in order.

    `project_ids` has what they state as their project, None where an entry leaves it out. `columns` has the
    entries when there are many and all are well-formed. `values()` returns them as JSON values, with an InvalidLine
    for each line that is not JSON; for columns of a JSON body it parses the body again. `is_unique` says that another
    body with the same content is a retry, because the content has the times of the entries.
    """

    project_ids: set[Any]
    columns: EntryColumns | None
    values: Callable[[], list[Any]]
    is_unique: bool = False


def parser(form: BodyFormat) -> Callable[[bytes, Limits], Entries]:
    """Return `parse` for bodies of one format and the limits of a deployment."""

    def parse_within(body: bytes, limits: Limits) -> Entries:
        return parse(body, form, max_entries=limits.entries)

    return parse_within


def parse(body: bytes, form: BodyFormat, *, max_entries: int) -> Entries:
    """Return the entries of a body.

    Raises BadRequest when nothing in it is JSON, TooLarge for more than `max_entries` entries or far too many values.
    """
    body = _trimmed(body)
    reject_floods(body)
    typed = parse_typed(body, form)
    if typed is not None:
        if len(typed) > max_entries:
            raise too_many_entries(max_entries)
        project_ids: set[Any] = {entry.project_id for entry in typed}
        return Entries(project_ids, columns_of(typed), partial(parse_values, body, form, max_entries=max_entries))
    values = parse_values(body, form, max_entries=max_entries)
    return Entries(_project_ids(values), None, lambda: values)


def _trimmed(body: bytes) -> bytes:
    body = body.removeprefix(_BOM).strip(BLANK)
    if body[:1] not in {b"{", b"["}:
        raise BadRequest(_not_json(body))
    return body


def _not_json(body: bytes) -> str:
    if not body:
        return "the body is empty; send a log entry, an array of entries, or one entry per line"
    for magic, name in _COMPRESSED:
        if body.startswith(magic):
            return f"the body looks like {name}; add the header 'Content-Encoding: {name}'"
    return "the body is not JSON in UTF-8; it must begin with { or ["


def reject_floods(body: bytes) -> None:
    """Raise TooLarge for millions of tiny values, which take a hundred times their JSON in memory once parsed."""
    if len(body) <= _COUNT_VALUES_FROM:
        return
    if max(body.count(b"{"), body.count(b"["), body.count(b'":')) > _MAX_VALUES:
        raise TooLarge(f"a request may have {_MAX_VALUES} JSON values; send several smaller requests")


def _project_ids(values: Sequence[Any]) -> set[Any]:
    try:
        return {value.get("project_id") for value in values}
    except (AttributeError, TypeError):  # a value is not an object, or a project is a list or an object
        objects = [value for value in values if isinstance(value, dict)]
        return {name for value in objects if not isinstance(name := value.get("project_id"), dict | list)}
