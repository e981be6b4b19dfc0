"""Splits the segments of a search into groups whose counts are remembered together.

A histogram that is asked again adds up the counts of some groups instead of those of hundreds of segments.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from zlib import crc32

from logloop_query.logs.search.counting.sums import Sum
from logloop_query.logs.search.plan import LogSelection, SegmentRef

_SIZE, _MOST = 32, 96


@dataclass(frozen=True, slots=True)
class Group:
    """Segments that are counted together. `is_kept`: their counts are remembered, by minute instead of by bucket."""

    refs: list[SegmentRef]
    is_kept: bool = True


@dataclass(slots=True)
class OpenGroup:
    """A group that is being counted: its sums, and the segments that are not yet counted."""

    group: Group
    sums: list[Sum]
    rest: list[SegmentRef] = field(default_factory=list)

    @property
    def done(self) -> list[SegmentRef]:
        """The segments that are counted."""
        rest = {ref.id for ref in self.rest}
        return [ref for ref in self.group.refs if ref.id not in rest]


def groups_of(refs: Sequence[SegmentRef], selection: LogSelection) -> list[Group]:
    """Return groups of some 32 segments that lie in the time range, in order, and one of all others.

    The id of a segment decides whether a group ends with it, so that a new segment, a merge or another time range
    changes a group or two, and the others remain as they are.
    """
    outside = [ref for ref in refs if not selection.contains(ref)]
    groups = [Group(outside, is_kept=False)] if outside else []
    inside: list[SegmentRef] = []
    for ref in refs:
        if selection.contains(ref):
            inside.append(ref)
            if crc32(ref.id.encode()) % _SIZE == 0 or len(inside) == _MOST:
                groups.append(Group(inside))
                inside = []
    return [*groups, Group(inside)] if inside else groups
