"""The enabled rules of each project, compiled and with their windows, read again when they may have changed.

It must not evaluate.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from logloop_ci_bridge.record_store import Records
from logloop_ci_bridge.rules.conditions import BadCondition, Condition, Subject
from logloop_ci_bridge.rules.evaluation import CompiledRule, compile_stored
from logloop_ci_bridge.rules.rule import Rule

_log = structlog.get_logger()


@dataclass
class ActiveRule:
    """A stored rule at work. `quiet_until`: before that it cannot fire, so only its window is kept."""

    stored: Rule
    compiled: CompiledRule
    quiet_until: datetime | None = None
    looks: int = 0
    matched: int = 0
    last_look_at: datetime | None = None

    @property
    def condition(self) -> Condition:
        """The checked condition."""
        return self.compiled.condition

    def quiet_at(self, now: datetime) -> bool:
        """Whether it cannot fire now."""
        return self.quiet_until is not None and self.quiet_until > now


class RuleBook:
    """Rules by project, at most `fresh_s` seconds old."""

    def __init__(self, rules: Records[Rule], *, fresh_s: float) -> None:
        self._rules = rules
        self._fresh_s = fresh_s
        self._active: dict[str, dict[str, ActiveRule]] = {}
        self._read_at: dict[str, float] = {}

    async def active(self, project_id: str, on: Subject) -> Sequence[ActiveRule]:
        """The enabled rules of a project on a subject."""
        if time.monotonic() - self._read_at.get(project_id, float("-inf")) >= self._fresh_s:
            await self._read(project_id)
        return [rule for rule in self._active[project_id].values() if rule.stored.on == on]

    def at_work(self, rule: Rule) -> ActiveRule | None:
        """What this process knows of a rule; None when it is disabled or was not asked for yet."""
        return self._active.get(rule.project_id, {}).get(rule.id)

    def forget(self, project_id: str) -> None:
        """Read a project's rules again at the next use."""
        self._read_at.pop(project_id, None)

    async def _read(self, project_id: str) -> None:
        """A rule keeps its window until it is changed."""
        stored = await self._rules.all({"project_id": project_id, "enabled": True})
        known = self._active.get(project_id, {})
        active: dict[str, ActiveRule] = {}
        for rule in stored:
            before = known.get(rule.id)
            if before is not None and before.stored.revision == rule.revision:
                active[rule.id] = before
                continue
            try:
                active[rule.id] = ActiveRule(rule, compile_stored(rule))
            except BadCondition as error:
                _log.warning("stored rule does not compile", rule_id=rule.id, problems=error.problems)
        self._active[project_id] = active
        self._read_at[project_id] = time.monotonic()
