"""Entries of a request, apart by project, each checked, with what is wrong with it.

It must not know who sent them beyond the given rules, and does no I/O.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pyarrow as pa

from logloop_ingest.checking.entry import Fault, Row, Rules, check, is_project_id
from logloop_ingest.limits import MAX_PROJECTS

Rows: TypeAlias = list[Row] | pa.RecordBatch
"""Checked entries of one project: rows when few, columns (`columns.COLUMNS`) when many."""


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


def projects_named(entries: Sequence[Any]) -> set[Any]:
    """What entries have as their project; None where it is left out, nothing for what cannot be one."""
    try:
        return {entry.get("project_id") for entry in entries}
    except (AttributeError, TypeError):  # some are no objects, or have a list for a project
        objects = [entry for entry in entries if isinstance(entry, dict)]
        return {name for entry in objects if not isinstance(name := entry.get("project_id"), dict | list)}


def projects_to_look_up(named: Collection[Any], default_project: str | None) -> list[str]:
    """The valid project ids among the named ones, at most `MAX_PROJECTS` of them. None stands for the default."""
    names = {default_project if name is None else name for name in named}
    valid = sorted(name for name in names if isinstance(name, str) and is_project_id(name))
    return valid[:MAX_PROJECTS]


def read(entries: Sequence[Any], rules: Rules) -> Reading:
    """Check entries against the rules, one by one."""
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
