"""What the groups of a person allow in this installation."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

RIGHTS = ("viewer", "member", "admin")
MAX_GROUPS = 2000


def groups_of(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    """Return the groups that a claim names: a list of texts, or one text. `a.b` is the member b of the claim a."""
    value: Any = claims.get(name)
    if value is None:
        value = claims
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return frozenset({value})
    if not isinstance(value, list):
        return frozenset()
    return frozenset(item for item in value[:MAX_GROUPS] if isinstance(item, str))


def roles_of(
    groups: Collection[str], admin_groups: Collection[str], group_roles: Sequence[Mapping[str, str]]
) -> dict[str, Any] | None:
    """Return `role` and `projects` of a user; None when no group has a role. The highest role in a project counts."""
    if not set(groups).isdisjoint(admin_groups):
        return {"role": "admin", "projects": []}
    best: dict[str, str] = {}
    for mapping in group_roles:
        project_id, role = mapping["project_id"], mapping["role"]
        if mapping["group"] in groups and RIGHTS.index(role) >= RIGHTS.index(best.get(project_id, RIGHTS[0])):
            best[project_id] = role
    if not best:
        return None
    projects = [{"project_id": project_id, "role": role} for project_id, role in sorted(best.items())]
    return {"role": "member", "projects": projects}
