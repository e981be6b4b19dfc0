"""Caches the enabled rules of each project, compiled and with their windows."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from logloop_contracts.conditions.condition import BadCondition, Condition
from logloop_contracts.conditions.names import Subject

from logloop_ci_bridge.record_store import RecordStore
from logloop_ci_bridge.rules.evaluation.evaluation import CompiledRule, compile_stored
from logloop_ci_bridge.rules.rule import Rule

_log = structlog.get_logger()


@dataclass
class ActiveRule:
    """A stored rule with its window and counters. Before `quiet_until` it cannot fire, so only its window is kept."""

    stored: Rule
    compiled: CompiledRule
    quiet_until: datetime | None = None
    evaluated: int = 0
    matched: int = 0
    last_evaluated_at: datetime | None = None
    error_shown_at: datetime | None = None

    @property
    def condition(self) -> Condition:
        """The compiled condition."""
        return self.compiled.condition

    def quiet_at(self, now: datetime) -> bool:
        """Return whether it cannot fire now."""
        return self.quiet_until is not None and self.quiet_until > now


class ActiveRules:
    """Rules by project, read again when they are older than `fresh_s` seconds.

    A rule keeps its window until the rule is changed.
    """

    def __init__(self, rules: RecordStore[Rule], *, fresh_s: float) -> None:
        self._rules = rules
        self._fresh_s = fresh_s
        self._active: dict[str, dict[str, ActiveRule]] = {}
        self._read_at: dict[str, float] = {}

    async def get(self, project_id: str, on: Subject) -> Sequence[ActiveRule]:
        """Return the enabled rules of a project on a subject."""
        if time.monotonic() - self._read_at.get(project_id, float("-inf")) >= self._fresh_s:
            await self._read(project_id)
        return [rule for rule in self._active[project_id].values() if rule.stored.on == on]

    def loaded(self, rule: Rule) -> ActiveRule | None:
        """Return a rule's state in this process, None when it is disabled or not read yet."""
        return self._active.get(rule.project_id, {}).get(rule.id)

    def forget(self, project_id: str) -> None:
        """Read a project's rules again at the next use."""
        self._read_at.pop(project_id, None)

    async def _read(self, project_id: str) -> None:
        stored = await self._rules.all({"project_id": project_id, "enabled": True})
        before = self._active.get(project_id, {})
        active: dict[str, ActiveRule] = {}
        for rule in stored:
            known = before.get(rule.id)
            if known is not None and known.stored.revision == rule.revision:
                active[rule.id] = known
                continue
            try:
                active[rule.id] = ActiveRule(rule, compile_stored(rule))
            except BadCondition as error:
                _log.warning("stored rule does not compile", rule_id=rule.id, problems=error.problems)
        self._active[project_id] = active
        self._read_at[project_id] = time.monotonic()
