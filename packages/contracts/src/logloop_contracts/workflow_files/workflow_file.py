"""Reads a GitHub workflow file: what starts it, what it reads of the payload, and when Logloop starts it.

Pure: the same text gives the same result on the platform, in the command line and in an editor.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml
from pydantic import BaseModel, Field

from logloop_contracts.conditions.names import Subject
from logloop_contracts.workflow_files.located_text import START, LocatedText, Position, UnreadableYaml

MAX_FILE_BYTES = 64 * 1024
"""Larger files are not read: the YAML of a member of a project is parsed in the process that evaluates all rules."""
MAX_EVENT_TYPE = 100
MAX_INPUTS = 25
_ENVELOPE = "logloop"
_PAYLOAD = re.compile(r"github\.event\.client_payload\.([A-Za-z_][\w-]*)")
_EMITTED_EVENT = re.compile(r"""event[-_]type["']?\s*[:=]\s*["']?([A-Za-z0-9][A-Za-z0-9._:/-]*)""")
_STARTED_WORKFLOW = re.compile(r"\bgh\s+workflow\s+run\s+([A-Za-z0-9._-]+\.ya?ml)")


class Violation(BaseModel):
    """What is wrong in a workflow file, at the place that an editor shows."""

    path: str = Field(examples=[".github/workflows/diagnose.yml"])
    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a result starts: the workflow that listens to an event type, or a pipeline by its name."""

    event_type: str | None = None
    pipeline: str | None = None


@dataclass(frozen=True, slots=True)
class FileCondition:
    """A condition of a workflow file. Without a `reaction` it starts the workflow itself."""

    key: str
    """`when`, or `on_result.0` for the first reaction: names the condition within its file."""
    on: Subject
    source: str
    at: Position
    window: str | None = None
    cooldown: str | None = None
    reaction: Reaction | None = None
    max_hops: int | None = None
    """Set when the chain that it belongs to may come back to it."""


@dataclass(frozen=True, slots=True)
class PayloadUse:
    """A value of the payload that the workflow reads."""

    name: str
    at: Position


@dataclass
class WorkflowFile:
    """What a workflow file says. Its conditions count only when there are no violations."""

    path: str
    violations: list[Violation] = field(default_factory=list)
    event_types: tuple[str, ...] | None = None
    """Types of `repository_dispatch`; empty for every type, None when it does not listen to that event."""
    inputs: tuple[str, ...] | None = None
    """Inputs of `workflow_dispatch`, None when the workflow cannot be started like that."""
    trigger_at: Position = START
    conditions: tuple[FileCondition, ...] = ()
    keys: frozenset[str] | None = frozenset()
    """Which of `when` and `on_result` the file has, valid or not; None when the file cannot be read."""
    payload: tuple[PayloadUse, ...] = ()
    emitted: frozenset[str] = frozenset()
    """Event types that its steps send themselves."""
    starts: frozenset[str] = frozenset()
    """Workflow files that its steps start themselves."""

    @property
    def name(self) -> str:
        """The name of the file without its folder."""
        return self.path.rpartition("/")[2]

    def listens_to(self, event_type: str) -> bool:
        """Return whether a repository_dispatch of this type starts it."""
        return self.event_types is not None and (not self.event_types or event_type in self.event_types)

    def report(self, at: Position, message: str) -> None:
        """Add a violation."""
        self.violations.append(Violation(path=self.path, line=at.line, column=at.column, message=message))


def read_triggers(file: WorkflowFile, text: LocatedText, root: yaml.MappingNode) -> None:
    """Read `on:`. PyYAML resolves the key to true, so nodes are compared as text."""
    found = child(root, "on")
    if found is None:
        file.report(START, "the workflow has no `on:`, so nothing starts it")
        return
    file.trigger_at = text.start_of(found)
    for name, value in _events(found):
        if name == "repository_dispatch":
            file.event_types = _event_types(file, text, value)
        elif name == "workflow_dispatch":
            inputs = child(value, "inputs") if isinstance(value, yaml.MappingNode) else None
            file.inputs = tuple(key.value for key, _ in pairs(inputs))
            if len(file.inputs) > MAX_INPUTS and inputs is not None:
                file.report(text.start_of(inputs), f"GitHub allows at most {MAX_INPUTS} inputs")


def _events(on: yaml.Node) -> Iterator[tuple[str, yaml.Node | None]]:
    if isinstance(on, yaml.ScalarNode):
        yield on.value, None
    elif isinstance(on, yaml.SequenceNode):
        yield from ((item.value, None) for item in on.value if isinstance(item, yaml.ScalarNode))
    else:
        yield from ((key.value, value) for key, value in pairs(on))


def _event_types(file: WorkflowFile, text: LocatedText, value: yaml.Node | None) -> tuple[str, ...]:
    if not isinstance(value, yaml.MappingNode):
        return ()
    for key, _ in pairs(value):
        if key.value != "types":
            message = f"`{key.value}` has no meaning here, so every event would start the workflow; write `types`"
            file.report(text.start_of(key), message)
    listed = child(value, "types")
    items = listed.value if isinstance(listed, yaml.SequenceNode) else [listed] if listed is not None else []
    for item in items:
        if not isinstance(item, yaml.ScalarNode):
            file.report(text.start_of(item), "an event type must be a text")
        elif "*" in item.value:
            file.report(text.start_of(item), "event types have no wildcards: list each type")
        elif len(item.value) > MAX_EVENT_TYPE:
            file.report(text.start_of(item), f"an event type may have at most {MAX_EVENT_TYPE} characters")
    return tuple(item.value for item in items if isinstance(item, yaml.ScalarNode))


def read_uses(file: WorkflowFile, text: LocatedText) -> None:
    """Read which values of the payload the workflow uses, and what its steps start."""
    file.payload = tuple(
        PayloadUse(found[1], text.position(found.start()))
        for found in _PAYLOAD.finditer(text.value)
        if found[1] != _ENVELOPE
    )
    file.emitted = frozenset(_EMITTED_EVENT.findall(text.value))
    file.starts = frozenset(_STARTED_WORKFLOW.findall(text.value))


def open_file(path: str, source: str) -> tuple[WorkflowFile, LocatedText, yaml.MappingNode | None]:
    """Return a file with its text and its top mapping, None when it cannot be read."""
    file, text = WorkflowFile(path), LocatedText.of_file(source)
    if len(source.encode("utf-8", "surrogatepass")) > MAX_FILE_BYTES:
        file.report(START, f"a workflow file may have at most {MAX_FILE_BYTES} bytes")
        return _unreadable(file), text, None
    try:
        root = text.compose()
    except UnreadableYaml as error:
        file.report(error.position, f"not valid YAML: {error}")
        return _unreadable(file), text, None
    if not isinstance(root, yaml.MappingNode):
        file.report(START, "a workflow file must be a YAML mapping with `on:` and `jobs:`")
        return _unreadable(file), text, None
    return file, text, root


def _unreadable(file: WorkflowFile) -> WorkflowFile:
    file.keys = None
    return file


def pairs(node: yaml.Node | None) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    """Yield the entries of a mapping whose keys are plain texts."""
    if isinstance(node, yaml.MappingNode):
        yield from ((key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode))


def child(node: yaml.Node | None, name: str) -> yaml.Node | None:
    """Return the value of an entry of a mapping, None when it has none."""
    return next((value for key, value in pairs(node) if key.value == name), None)
