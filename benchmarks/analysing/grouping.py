"""How well a grouping of lines agrees with the groups that people made."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """Two measures between 0 and 1, as Zhu et al. (2019) and Jiang et al. (2024) define them.

    A group is right if it has exactly the lines of a true group. `by_lines` (GA) is the share of lines in right
    groups, so large groups weigh most. `by_groups` (FGA) is the F1 score of groups, so all weigh the same.
    """

    by_lines: float
    by_groups: float


def agreement(true: Sequence[Hashable], found: Sequence[Hashable]) -> Agreement:
    """Return how well the found groups agree with the true ones. Both give the group of each line."""
    if len(true) != len(found) or not true:
        raise ValueError("both must give a group for each of the same lines, and there must be some")
    wanted, groups = _groups(true), _groups(found)
    right = wanted & groups
    lines = sum(len(group) for group in right)
    return Agreement(lines / len(true), 2 * len(right) / (len(wanted) + len(groups)))


def mean(items: Iterable[Agreement]) -> Agreement:
    """Return the mean of each measure."""
    listed = list(items)
    return Agreement(
        sum(item.by_lines for item in listed) / len(listed), sum(item.by_groups for item in listed) / len(listed)
    )


def _groups(labels: Sequence[Hashable]) -> set[frozenset[int]]:
    members: defaultdict[Hashable, list[int]] = defaultdict(list)
    for line, label in enumerate(labels):
        members[label].append(line)
    return {frozenset(lines) for lines in members.values()}
