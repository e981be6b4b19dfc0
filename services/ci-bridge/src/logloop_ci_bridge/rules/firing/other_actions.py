"""What a rule starts besides its pipeline: notifications, an analysis, and changes of runs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from logloop_chassis.ids import new_id
from logloop_contracts.durations import seconds

from logloop_ci_bridge.actions.request import ActionRequest, Kind
from logloop_ci_bridge.notifications.notification import NotifiedMatch, match_of, notified_line
from logloop_ci_bridge.rules.evaluation.scope import scope_query
from logloop_ci_bridge.rules.firing.rule_match import RuleMatch
from logloop_ci_bridge.rules.rule import Analyze, Rule

_MARGIN = timedelta(seconds=1)
_RUN_ATTRIBUTE = "ci.run_id"


def notified_match(match: RuleMatch) -> NotifiedMatch:
    """Return what notifications say of a match."""
    rule = match.rule
    at = match.at if rule.on == "logs" else match.evaluation.at  # only logs have a time of their own
    page = match.link.rpartition("/")[0]
    lines = [
        notified_line(
            line.message, at=line.at, service=line.service_id, severity=line.severity, link=f"{page}/{line.id}"
        )
        for line in match.lines
    ]
    link = match.link if len(lines) < 2 else f"{page}?{_selecting(rule, [line.at for line in lines])}"
    return match_of(rule.id, rule.name, match.values, subject_id=match.first, at=at, link=link, lines=lines)


def _selecting(rule: Rule, moments: Sequence[datetime]) -> str:
    """Return the part of an address that selects the logs of a rule around these moments."""
    since, until = min(moments) - _MARGIN, max(moments) + _MARGIN
    times = {"from": since.isoformat(timespec="seconds"), "to": until.isoformat(timespec="seconds")}
    query = scope_query(rule)
    return urlencode({**({"q": query} if query else {}), **times})


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
