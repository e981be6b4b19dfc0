"""The stored logs that a rule is about, as a search text."""

from logloop_ci_bridge.rules.rule import RuleDraft


def scope_query(rule: RuleDraft) -> str:
    """Return a search text that selects at least the logs that pass the rule's filter."""
    kept = rule.filter
    parts = [
        f"{name}:({' OR '.join(_quoted(value) for value in values)})"
        for name, values in (
            ("severity", [item.value for item in kept.severities]),
            ("service", kept.services),
            ("source", kept.sources),
        )
        if values
    ]
    return " AND ".join(parts)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
