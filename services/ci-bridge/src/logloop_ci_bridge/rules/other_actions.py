"""What a rule starts besides its pipeline: notifications, an analysis, and changes of runs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from logloop_chassis.ids import new_id
from logloop_contracts.durations import seconds

from logloop_ci_bridge.actions.request import ActionRequest, Kind
from logloop_ci_bridge.notifications.notification import NotifiedMatch, match_of
from logloop_ci_bridge.rules.rule import Analyze
from logloop_ci_bridge.rules.rule_match import RuleMatch

_RUN_ATTRIBUTE = "ci.run_id"


def notified_match(match: RuleMatch) -> NotifiedMatch:
    """Return what notifications say of a match."""
    rule = match.rule
    at = match.at if rule.on == "logs" else match.evaluation.at  # only logs have a time of their own
    return match_of(rule.id, rule.name, match.values, subject_id=match.first, at=at, link=match.link)


def requests_of(match: RuleMatch, now: datetime) -> Sequence[ActionRequest]:
    """Return the analysis and the changes of runs that a rule requests."""
    action, found = match.rule.action, list[ActionRequest]()
    if action.analyze is not None:
        found.append(_analysis(match, action.analyze, now))
    if action.rerun_failed is not None:
        values = {
            "run_id": match.values["run.id"],
            "attempt": match.values["run.attempt"],
            "max_attempts": action.rerun_failed.max_attempts,
        }
        found.append(_request(match, "rerun_failed", values, now, now))
    if action.cancel_run:
        run_id = (match.values.get("log.attributes") or {}).get(_RUN_ATTRIBUTE)
        found.append(_request(match, "cancel_run", {"run_id": run_id}, now, now))
    return found


def _analysis(match: RuleMatch, wanted: Analyze, now: datetime) -> ActionRequest:
    at = notified_match(match).at
    since, until = at - timedelta(seconds=seconds(wanted.before)), at + timedelta(seconds=seconds(wanted.after))
    service = match.values.get("log.service_id")
    values = {
        "q": f'service:"{service}"' if service else "",
        "since": since.isoformat(),
        "until": until.isoformat(),
        "question": wanted.question,
    }
    return _request(match, "analyze", values, now, max(now, until))


def _request(match: RuleMatch, kind: Kind, values: dict[str, Any], now: datetime, due: datetime) -> ActionRequest:
    rule = match.rule
    return ActionRequest(
        id=new_id(),
        project_id=rule.project_id,
        kind=kind,
        values=values,
        rule_id=rule.id,
        rule_name=rule.name,
        cause=match.first,
        hop=match.origin.next_hop,
        rules=sorted({*match.origin.rules, rule.id}),
        correlation_id=match.origin.correlation_id,
        created_at=now,
        next_attempt_at=due,
    )
