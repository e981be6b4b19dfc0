"""Reads the conditions of a workflow file: the entries LOGLOOP_WHEN, … of its top-level `env`."""

import difflib
from collections.abc import Iterator, Mapping
from typing import get_args

import yaml

from logloop_contracts.conditions.condition import BadCondition, Flaw, compile_condition
from logloop_contracts.conditions.names import Subject
from logloop_contracts.durations import MAX_WINDOW_S, MIN_COOLDOWN_S, seconds
from logloop_contracts.workflow_files.located_text import LocatedText, Position, UnreadableYaml
from logloop_contracts.workflow_files.workflow_file import (
    FileCondition,
    Reaction,
    WorkflowFile,
    child,
    open_file,
    pairs,
    read_triggers,
    read_uses,
)

WHEN, ON, WINDOW = "LOGLOOP_WHEN", "LOGLOOP_ON", "LOGLOOP_WINDOW"
COOLDOWN, ON_RESULT = "LOGLOOP_COOLDOWN", "LOGLOOP_ON_RESULT"
ENTRIES = (WHEN, ON, WINDOW, COOLDOWN, ON_RESULT)
MAX_REACTIONS = 10
_EXPRESSION = "${{"
_SIMILAR = 0.85
_ACTIONS = ("dispatch", "pipeline")
MAX_HOPS = 5
_REACTION_KEYS = frozenset({"when", "do", "cooldown", "max_hops"})


def read_workflow(path: str, source: str) -> WorkflowFile:
    """Return what a workflow file says, with every violation in it."""
    file, text, root = open_file(path, source)
    if root is None:
        return file
    read_triggers(file, text, root)
    read_uses(file, text)
    entries = _entries(file, text, root)
    _report_misplaced(file, text, root)
    found = [*_own_condition(file, entries), *_reactions(file, entries)]
    if found and file.event_types is None and file.inputs is None:
        message = "Logloop cannot start this workflow: add `repository_dispatch` or `workflow_dispatch` to `on:`"
        file.report(file.trigger_at, message)
    file.conditions = tuple(found)
    file.keys = frozenset(key for key, name in (("when", WHEN), ("on_result", ON_RESULT)) if name in entries)
    file.violations.sort(key=lambda violation: (violation.line, violation.column))
    return file


Entries = Mapping[str, LocatedText | None]
"""The values of the entries of Logloop; None for one that cannot be used and is reported."""


def _entries(file: WorkflowFile, text: LocatedText, root: yaml.MappingNode) -> Entries:
    found: dict[str, LocatedText | None] = {}
    for key, value in pairs(child(root, "env")):
        name = key.value
        if name not in ENTRIES:
            similar = difflib.get_close_matches(name, ENTRIES, 1, _SIMILAR)
            if similar and name.startswith("LOGLOOP_"):
                file.report(text.start_of(key), f"unknown entry {name}; did you mean {similar[0]}?")
        elif name in found:
            file.report(text.start_of(key), f"{name} is repeated")
        elif not isinstance(value, yaml.ScalarNode):
            file.report(text.start_of(value), f"{name} must be a text; write a list as a block: `{name}: |`")
            found[name] = None
        else:
            entry = text.scalar(value)
            at = entry.value.find(_EXPRESSION)
            if at >= 0:
                file.report(entry.position(at), f"{name} must not contain '{_EXPRESSION}': GitHub would expand it")
            found[name] = None if at >= 0 else entry
    return found


def _report_misplaced(file: WorkflowFile, text: LocatedText, root: yaml.MappingNode) -> None:
    """Report entries in the `env` of a job or a step, where they have no effect."""
    stack: list[yaml.Node] = [value for key, value in pairs(root) if key.value != "env"]
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if id(node) in seen:  # an alias: its anchor was visited
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            stack += node.value
        for key, value in pairs(node):
            if key.value in ENTRIES:
                file.report(text.start_of(key), f"{key.value} belongs to the `env` at the top of the file")
            stack.append(value)


def _own_condition(file: WorkflowFile, entries: Entries) -> Iterator[FileCondition]:
    """Yield the condition that starts this workflow."""
    window = _duration(file, entries, WINDOW, 1, MAX_WINDOW_S)
    cooldown = _duration(file, entries, COOLDOWN, MIN_COOLDOWN_S, None)
    subject = _subject(file, entries)
    source = entries.get(WHEN)
    if WHEN not in entries:
        for name in (ON, WINDOW) if ON_RESULT in entries else (ON, WINDOW, COOLDOWN):
            useless = entries.get(name)
            if useless is not None:
                file.report(useless.position(0), f"{name} has no effect without {WHEN}")
    if source is not None and subject is not None and _compiles(file, source, subject):
        yield FileCondition("when", subject, source.value.strip(), source.position(0), window, cooldown)


def _subject(file: WorkflowFile, entries: Entries) -> Subject | None:
    entry = entries.get(ON)
    if entry is None:
        return "logs"
    name = entry.value.strip()
    for subject in get_args(Subject):
        if name == subject:
            return subject  # type: ignore[no-any-return]  # one of the literals
    if name == "schedule":
        message = "Logloop does not start workflows by the clock: write GitHub's own `on: schedule`"
    else:
        message = f"unknown subject {name[:40]!r}; write logs, analysis or run"
    file.report(entry.position(0), message)
    return None


def _duration(file: WorkflowFile, entries: Entries, name: str, least: int, most: int | None) -> str | None:
    entry = entries.get(name)
    if entry is None:
        return None
    text = entry.value.strip()
    try:
        value = seconds(text)
    except ValueError as error:
        file.report(entry.position(0), f"{name}: {error}")
        return None
    if value < least or (most is not None and value > most):
        limits = f"at least {least}s" if most is None else f"between {least}s and {most // 86_400}d"
        file.report(entry.position(0), f"{name} must be {limits}")
        return None
    return text


def _compiles(file: WorkflowFile, source: LocatedText, subject: Subject) -> bool:
    """Check a condition and report each flaw where it is in the file."""
    try:
        compile_condition(source.value, subject)
    except BadCondition as error:
        for flaw in error.flaws:
            file.report(_place(source, flaw), flaw.text)
        return False
    return True


def _place(source: LocatedText, flaw: Flaw) -> Position:
    if flaw.line is None or flaw.column is None:
        return source.position(0)
    return source.position_of(flaw.line, flaw.column)


def _reactions(file: WorkflowFile, entries: Entries) -> Iterator[FileCondition]:
    """Yield the conditions on the results of this workflow."""
    entry = entries.get(ON_RESULT)
    if entry is None:
        return
    try:
        items = entry.compose()
    except UnreadableYaml as error:
        file.report(error.position, f"{ON_RESULT} is not valid YAML: {error}")
        return
    if not isinstance(items, yaml.SequenceNode):
        file.report(entry.position(0), f"{ON_RESULT} must be a YAML list of entries with `when` and `do`")
        return
    if len(items.value) > MAX_REACTIONS:
        file.report(entry.position(0), f"{ON_RESULT} may have at most {MAX_REACTIONS} entries")
        return
    cooldown = entries.get(COOLDOWN)
    for number, item in enumerate(items.value):
        found = _reaction(file, entry, item, number, cooldown.value.strip() if cooldown else None)
        if found is not None:
            yield found


def _reaction(
    file: WorkflowFile, entry: LocatedText, item: yaml.Node, number: int, cooldown_of_file: str | None
) -> FileCondition | None:
    keys = {key.value for key, _ in pairs(item)}
    when, do = child(item, "when"), child(item, "do")
    if keys - _REACTION_KEYS or not isinstance(when, yaml.ScalarNode) or do is None:
        file.report(entry.start_of(item), "write `when` and `do`; `cooldown` and `max_hops` are optional")
        return None
    reaction = _action(file, entry, do)
    cooldown = child(item, "cooldown")
    own = {COOLDOWN: entry.scalar(cooldown)} if isinstance(cooldown, yaml.ScalarNode) else {}
    waits = _duration(file, own, COOLDOWN, MIN_COOLDOWN_S, None)
    hops = _max_hops(file, entry, child(item, "max_hops"))
    source = entry.scalar(when)
    if not _compiles(file, source, "run") or reaction is None:
        return None
    key, at = f"on_result.{number}", source.position(0)
    return FileCondition(key, "run", source.value.strip(), at, None, waits or cooldown_of_file, reaction, hops)


def _max_hops(file: WorkflowFile, entry: LocatedText, node: yaml.Node | None) -> int | None:
    if node is None:
        return None
    if isinstance(node, yaml.ScalarNode) and node.value.isascii() and node.value.isdigit():
        value = int(node.value[:3])
        if 1 <= value <= MAX_HOPS:
            return value
    file.report(entry.start_of(node), f"max_hops must be a number from 1 to {MAX_HOPS}")
    return None


def _action(file: WorkflowFile, entry: LocatedText, do: yaml.Node) -> Reaction | None:
    found = list(pairs(do))
    if len(found) != 1 or found[0][0].value not in _ACTIONS or not isinstance(found[0][1], yaml.ScalarNode):
        known = "`{dispatch: EVENT_TYPE}` or `{pipeline: NAME}`"
        file.report(entry.start_of(do), f"unknown action; write {known}")
        return None
    name, value = found[0][0].value, found[0][1].value
    return Reaction(event_type=value) if name == "dispatch" else Reaction(pipeline=value)
