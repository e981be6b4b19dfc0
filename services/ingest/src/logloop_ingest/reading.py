"""Entries of a request, apart by project: clean ones in one go, others one by one, with what is wrong with each.

It must not know who sent them beyond the given rules, and does no I/O.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pyarrow as pa

from logloop_ingest.checking import Fault, Row, Rules, check, is_project_id
from logloop_ingest.columns import NotUniform, columns
from logloop_ingest.limits import MAX_PROJECTS

Rows: TypeAlias = list[Row] | pa.RecordBatch
"""Checked entries of one project: rows when few, columns (`columns.COLUMNS`) when many."""

COLUMNS_FROM = 12
"""From this many entries on, columns are quicker than looking at each."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry that was not taken: its position in the request, the entry as it came, and why."""

    index: int
    entry: Any
    faults: list[Fault]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a request holds, by project in order of first mention."""

    groups: dict[str, Rows] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)


def projects_named(entries: Sequence[Any], default_project: str | None) -> set[str]:
    """The valid project ids in entries, at most `MAX_PROJECTS` of them; anything else is skipped."""
    try:
        named = {entry.get("project_id") for entry in entries}
    except (AttributeError, TypeError):  # some are no objects, or have a list for a project
        objects = [entry for entry in entries if isinstance(entry, dict)]
        named = {name for entry in objects if not isinstance(name := entry.get("project_id"), dict | list)}
    if None in named:
        named = (named - {None}) | {default_project}
    valid = sorted(name for name in named if isinstance(name, str) and is_project_id(name))
    return set(valid[:MAX_PROJECTS])


def read(entries: Sequence[Any], rules: Rules) -> Reading:
    """Check entries against the rules."""
    if len(entries) >= COLUMNS_FROM:
        try:
            project_id, batch = columns(entries, rules)
        except NotUniform:
            pass
        else:
            return Reading({project_id: batch})
    groups: dict[str, list[Row]] = {}
    refused: list[Refused] = []
    for index, entry in enumerate(entries):
        outcome = check(entry, rules)
        if isinstance(outcome, list):
            refused.append(Refused(index, entry, outcome))
        else:
            project_id, row = outcome
            groups.setdefault(project_id, []).append(row)
    return Reading(dict(groups), refused)
