"""Turns the conditions of a workflow file into rules: which pipeline each starts, and with which template. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from logloop_contracts.workflow_files.located_text import Position
from logloop_contracts.workflow_files.workflow_file import FileCondition, Violation, WorkflowFile

from logloop_ci_bridge.dispatches.outbox import event_type_of
from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.dispatches.templates import Template
from logloop_ci_bridge.rules.firing.firing import default_names
from logloop_ci_bridge.rules.rule import Action, FileRuleDraft, FileSource, LogFilter, RuleDraft
from logloop_ci_bridge.workflows.workflow_record import Origin, WorkflowRecord

_MAX_NAME = 100


@dataclass(frozen=True)
class ProjectRecords:
    """The records of a project that conditions refer to."""

    pipelines: Sequence[Pipeline] = ()
    templates: Sequence[Template] = ()
    files: Sequence[WorkflowRecord] = ()


@dataclass(frozen=True)
class FileOrigin:
    """Where files were read."""

    repository: str
    origin: Origin
    commit: str | None = None


class _Unresolved(ValueError):
    """A condition refers to nothing, or to several records."""


@dataclass
class FileDrafts:
    """The rules of a file, and why some cannot be made."""

    drafts: list[FileRuleDraft] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)


def drafts_of(file: WorkflowFile, where: FileOrigin, records: ProjectRecords) -> FileDrafts:
    """Return the rules that a file states. Its own violations come first."""
    made = FileDrafts(violations=list(file.violations))
    if not file.conditions:
        return made
    try:
        pipeline = _own_pipeline(file, where.repository, records)
        template = _template(file, pipeline, records.templates)
        _check_trigger(file, pipeline, template)
    except _Unresolved as error:
        made.violations.append(_violation(file, file.conditions[0].at, str(error)))
        return made
    if file.conditions[0].key == "when":
        made.violations += payload_violations(file, template)
    for condition in file.conditions:
        try:
            made.drafts.append(_draft(file, condition, where, records, (pipeline, template)))
        except _Unresolved as error:
            made.violations.append(_violation(file, condition.at, str(error)))
    return made


def payload_violations(file: WorkflowFile, template: Template | None) -> list[Violation]:
    """Return a violation for each value of the payload that a dispatch by the first condition does not have."""
    known = _payload_names(file, template)
    owner = f"the template {template.name!r}" if template else "a dispatch without a template"
    return [
        _violation(file, use.at, f"client_payload.{use.name} is not a value of {owner}; it has {', '.join(known)}")
        for use in file.payload
        if use.name not in known
    ]


def _payload_names(file: WorkflowFile, template: Template | None) -> list[str]:
    return [item.name for item in template.fields] if template else default_names(file.conditions[0].on)


def _violation(file: WorkflowFile, at: Position, message: str) -> Violation:
    return Violation(path=file.path, line=at.line, column=at.column, message=message)


def _own_pipeline(file: WorkflowFile, repository: str, records: ProjectRecords) -> Pipeline:
    """Return the pipeline that starts this file. Raises _Unresolved."""
    found = [item for item in records.pipelines if item.repository == repository and item.workflow == file.name]
    if not found:
        found = [
            item
            for item in records.pipelines
            if item.repository == repository
            and item.workflow is None
            and item.event_type is not None
            and item.event_type in (file.event_types or ())
        ]
    if not found:
        raise _Unresolved(
            f"no pipeline of the project starts this workflow; create one with repository {repository} and "
            f"workflow {file.name}"
        )
    return _only(found, "several pipelines start this workflow")


def _only(found: Sequence[Pipeline], what: str) -> Pipeline:
    if len(found) > 1:
        raise _Unresolved(f"{what}: {', '.join(item.name for item in found)}; keep one")
    return found[0]


def _template(file: WorkflowFile, pipeline: Pipeline, templates: Sequence[Template]) -> Template | None:
    """Return the template of the event that starts the file, None when there is none. Raises _Unresolved."""
    types = {*(file.event_types or ()), pipeline.event_type}
    found = [item for item in templates if item.event_type in types]
    if len(found) > 1:
        raise _Unresolved(
            f"several templates have its event type: {', '.join(item.name for item in found)}; keep one"
        )
    return found[0] if found else None


def _check_trigger(file: WorkflowFile, pipeline: Pipeline, template: Template | None) -> None:
    """Raise _Unresolved when a dispatch of the pipeline would not start the file."""
    if pipeline.mode == "repository_dispatch":
        event_type = event_type_of(pipeline, template)
        if not file.listens_to(event_type):
            raise _Unresolved(
                f"the pipeline {pipeline.name!r} sends {event_type!r}, which the workflow does not list under "
                "`on: repository_dispatch: types:`"
            )
        return
    if file.inputs is None:
        raise _Unresolved(f"the pipeline {pipeline.name!r} uses workflow_dispatch; add it to `on:`")
    wanted = _payload_names(file, template) if file.conditions[0].key == "when" else []
    wanted += [pipeline.correlation_input] if pipeline.correlation_input else []
    missing = [name for name in wanted if name not in file.inputs]
    if missing:
        raise _Unresolved(
            f"the workflow does not declare the inputs that the pipeline sends: {', '.join(missing)}; add them under "
            "`on: workflow_dispatch: inputs:`"
        )


def condition_rule(condition: FileCondition) -> RuleDraft:
    """Return a rule with the condition of a file that starts nothing, to evaluate it."""
    values = {"window": condition.window, "cooldown": condition.cooldown, "max_hops": condition.max_hops}
    return RuleDraft.model_validate(
        {
            "name": condition.key,
            "on": condition.on,
            "condition": condition.source,
            "allow_own_runs": condition.max_hops is not None,
            "action": {"pipeline_id": ""},
            **{name: value for name, value in values.items() if value is not None},
        }
    )


def _draft(
    file: WorkflowFile,
    condition: FileCondition,
    where: FileOrigin,
    records: ProjectRecords,
    own: tuple[Pipeline, Template | None],
) -> FileRuleDraft:
    pipeline, template = own
    kept = LogFilter()
    if condition.reaction is not None:
        kept = LogFilter(pipelines=[pipeline.id])
        pipeline, template = _started_by(condition, records)
    values = {"window": condition.window, "cooldown": condition.cooldown, "max_hops": condition.max_hops}
    return FileRuleDraft(
        name=rule_name(file.name, condition.key, where.repository),
        on=condition.on,
        filter=kept,
        condition=condition.source,
        allow_own_runs=condition.max_hops is not None,
        action=Action(pipeline_id=pipeline.id, template_id=template.id if template else None),
        source=FileSource(
            origin=where.origin,
            repository=where.repository,
            path=file.path,
            commit=where.commit,
            key=condition.key,
            line=condition.at.line,
            column=condition.at.column,
        ),
        **{name: value for name, value in values.items() if value is not None},
    )


def _started_by(condition: FileCondition, records: ProjectRecords) -> tuple[Pipeline, Template | None]:
    """Return what a reaction starts. Raises _Unresolved."""
    assert condition.reaction is not None
    name, event_type = condition.reaction.pipeline, condition.reaction.event_type
    if name is not None:
        named = [item for item in records.pipelines if item.name == name]
        if not named:
            raise _Unresolved(f"there is no pipeline {name!r} in the project")
        event_type = named[0].event_type
    templates = [item for item in records.templates if item.event_type == event_type]
    template = templates[0] if len(templates) == 1 else None
    if name is not None:
        return named[0], template
    files = {(item.repository, item.name): item for item in records.files}
    found = [item for item in records.pipelines if _sends(item, str(event_type), files)]
    if not found:
        raise _Unresolved(f"no pipeline of the project sends {event_type!r}; create one with this event type")
    return _only(found, f"several pipelines send {event_type!r}"), template


def _sends(pipeline: Pipeline, event_type: str, files: Mapping[tuple[str, str], WorkflowRecord]) -> bool:
    if pipeline.mode != "repository_dispatch":
        return False
    listening = files.get((pipeline.repository, pipeline.workflow or ""))
    return pipeline.event_type == event_type or (listening is not None and listening.listens_to(event_type))


def rule_name(file: str, key: str, repository: str) -> str:
    """Return the name of a rule, which is unique in a project and says where to edit it."""
    part = "" if key == "when" else f", result {int(key.rpartition('.')[2]) + 1}"
    name = f"{file}{part} in {repository}"
    if len(name) <= _MAX_NAME:
        return name
    digest = hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
    return f"{name[: _MAX_NAME - 9]} {digest}"


def place_of(source: FileSource) -> str:
    """Return where to edit a rule."""
    return f"{source.path}:{source.line} in {source.repository}"


def lint_without_repository(file: WorkflowFile, templates: Sequence[Template]) -> list[Violation]:
    """Return what is wrong in a file whose repository is unknown: its types and payload against the templates."""
    found = list(file.violations)
    if not file.conditions or not file.event_types:
        return found
    matching = [item for item in templates if item.event_type in file.event_types]
    if not matching:
        known = ", ".join(sorted(item.event_type for item in templates)) or "none"
        message = f"no template of the project has one of its event types; the project has {known}"
        return [*found, _violation(file, file.trigger_at, message)]
    return [*found, *payload_violations(file, matching[0])]
