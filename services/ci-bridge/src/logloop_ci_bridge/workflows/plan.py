"""Plans what a set of workflow files changes in the rules of a project. Pure.

A file counts as a whole: while it has a violation, the rules of its last version without one stay in force. A file or
condition that is removed takes its rule with it. What somebody switched off stays off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from logloop_chassis.ids import new_id, utc_now
from logloop_contracts.workflow_files.workflow_file import Violation, WorkflowFile

from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.rules.cycles import Surroundings
from logloop_ci_bridge.rules.rule import FileRuleDraft, FileSource, Rule
from logloop_ci_bridge.rules.rule_check import check_rule
from logloop_ci_bridge.workflows.drafts import FileOrigin, ProjectRecords, drafts_of
from logloop_ci_bridge.workflows.workflow_record import WorkflowRecord

_PLACE = {"source": {"origin", "commit", "line", "column"}}
"""What of a rule says only where its file was read. A rule keeps its window when nothing else changes."""


@dataclass(frozen=True)
class ProjectState:
    """A project when a plan is made."""

    id: str
    records: ProjectRecords
    rules: Sequence[Rule]


@dataclass
class Plan:
    """What a set of files changes."""

    where: FileOrigin
    created: list[FileRuleDraft] = field(default_factory=list)
    changed: list[tuple[Rule, FileRuleDraft]] = field(default_factory=list)
    kept: list[tuple[Rule, FileSource]] = field(default_factory=list)
    """Rules that stay as they are, with the place where the file states them now."""
    removed: list[Rule] = field(default_factory=list)
    files: list[WorkflowRecord] = field(default_factory=list)

    @property
    def violations(self) -> list[Violation]:
        """Everything that is wrong in the files."""
        return [violation for record in self.files for violation in record.violations]


class Planner:
    """Goes through the files of a repository, in the order of their paths."""

    def __init__(self, project: ProjectState, where: FileOrigin) -> None:
        self._project = project
        self._around = surroundings_of(project.records.pipelines, project.records.files)
        self._plan = Plan(where)
        self._stored = {
            (rule.source.path, rule.source.key): rule
            for rule in project.rules
            if rule.source is not None and rule.source.repository == where.repository
        }
        own = {rule.id for rule in self._stored.values()}
        self._in_force = [rule for rule in project.rules if rule.enabled and rule.id not in own]

    def plan(self, files: Sequence[WorkflowFile]) -> Plan:
        """Return what the files change."""
        for file in files:
            self._add(file)
        settled = {rule.id for rule, _ in (*self._plan.kept, *self._plan.changed)}
        self._plan.removed = [rule for rule in self._stored.values() if rule.id not in settled]
        return self._plan

    def _add(self, file: WorkflowFile) -> None:
        made = drafts_of(file, self._plan.where, self._project.records)
        drafts: list[FileRuleDraft] = []
        for draft in made.drafts:
            old = self._stored.get((file.path, draft.source.key))
            draft.enabled = old.enabled if old else True
            others = [*self._in_force, *(_as_rule(item, self._project.id) for item in drafts)]
            place = {"path": file.path, "line": draft.source.line, "column": draft.source.column}
            made.violations += [Violation(message=text, **place) for text in self._refusals(draft, others)]
            drafts.append(draft)
        if made.violations:
            self._keep(file)
        else:
            self._take(file, drafts)
        self._plan.files.append(record_of(self._project.id, file, self._plan.where, made.violations))

    def _refusals(self, draft: FileRuleDraft, others: Sequence[Rule]) -> list[str]:
        """Return why a rule cannot be saved."""
        taken = any(rule.name == draft.name and rule.source is None for rule in self._project.rules)
        names = [f"the project has another rule named {draft.name!r}; rename that one"] if taken else []
        return [*names, *check_rule(draft, others, around=self._around).errors]

    def _keep(self, file: WorkflowFile) -> None:
        """Keep the last good rules of a file, except those whose condition or pipeline is gone."""
        for (path, key), rule in self._stored.items():
            stated = file.keys is None or key.partition(".")[0] in file.keys
            if path == file.path and stated and rule.action.pipeline_id in self._around.pipelines:
                assert rule.source is not None
                self._plan.kept.append((rule, rule.source))
                self._in_force.append(rule)

    def _take(self, file: WorkflowFile, drafts: Sequence[FileRuleDraft]) -> None:
        for draft in drafts:
            old = self._stored.get((file.path, draft.source.key))
            if old is None:
                self._plan.created.append(draft)
            elif draft.model_dump(exclude=_PLACE) == _draft_of(old).model_dump(exclude=_PLACE):
                self._plan.kept.append((old, draft.source))
            else:
                self._plan.changed.append((old, draft))
            self._in_force.append(_as_rule(draft, self._project.id))


def _draft_of(rule: Rule) -> FileRuleDraft:
    fields = {name: value for name, value in rule.model_dump().items() if name in FileRuleDraft.model_fields}
    return FileRuleDraft.model_validate(fields)


def _as_rule(draft: FileRuleDraft, project_id: str) -> Rule:
    now = utc_now()
    own = {"id": new_id(), "project_id": project_id, "created_at": now, "updated_at": now}
    return Rule.model_validate({**draft.model_dump(), **own})


def record_of(
    project_id: str, file: WorkflowFile, where: FileOrigin, violations: Sequence[Violation] = ()
) -> WorkflowRecord:
    """Return what is stored of a file."""
    now = utc_now()
    return WorkflowRecord(
        id=new_id(),
        project_id=project_id,
        repository=where.repository,
        path=file.path,
        origin=where.origin,
        commit=where.commit,
        conditions=len(file.conditions),
        violations=list(violations),
        event_types=None if file.event_types is None else list(file.event_types),
        emitted=sorted(file.emitted),
        starts=sorted(file.starts),
        read_at=now,
        created_at=now,
    )


def surroundings_of(pipelines: Sequence[Pipeline], files: Sequence[WorkflowRecord]) -> Surroundings:
    """Return which pipelines there are, and which of them start each other without Logloop."""
    by_name: Mapping[tuple[str, str], WorkflowRecord] = {(file.repository, file.name): file for file in files}
    started: dict[str, frozenset[str]] = {}
    for pipeline in pipelines:
        own = by_name.get((pipeline.repository, pipeline.workflow or ""))
        if own is not None:
            started[pipeline.id] = frozenset(
                other.id
                for other in pipelines
                if other.repository == own.repository
                and _starts(own, by_name.get((other.repository, other.workflow or "")))
            )
    return Surroundings({item.id: item for item in pipelines}, started)


def _starts(file: WorkflowRecord, other: WorkflowRecord | None) -> bool:
    if other is None:
        return False
    return other.name in file.starts or any(other.listens_to(event_type) for event_type in file.emitted)
