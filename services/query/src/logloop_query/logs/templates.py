"""The templates of each project: its patterns, merged where they differ in a value.

The patterns view counts by template, and a search for a template selects the logs of each pattern in it. What people
decided about templates comes before the automatic merge.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import cached_property
from typing import Protocol

import re2
from cachetools import TTLCache
from logloop_contracts.patterns import VARIABLE
from logloop_contracts.patterns.edits import PatternEdits, fits
from logloop_contracts.patterns.merging import expression_for, merge_patterns

from logloop_query.logs.search.language.filter import Equals, Filter, Leaf, OneOf, Or, leaves, with_leaves
from logloop_query.logs.search.limits.threads import SearchThreads
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.stores.pattern_edits import PatternEdit

FRESH_S = 60.0
_MAX_KNOWN = 200_000
"""Patterns of all projects together that are kept."""
_CALLER = "templates"
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


class PatternTexts(Protocol):
    """Stores the patterns of projects."""

    async def texts(self, project_id: str) -> list[str]:
        """Return the patterns of a project."""


class EditsOfPatterns(Protocol):
    """Stores what people decided about templates."""

    async def of_project(self, project_id: str) -> list[PatternEdit]:
        """Return the edits of a project."""


class ProjectTemplates:
    """The patterns of a project by template."""

    def __init__(self, patterns: Collection[str], edits: Collection[PatternEdit] = ()) -> None:
        self._edits = {edit.template: edit for edit in edits}
        self._decided = PatternEdits(
            united=frozenset(edit.template for edit in edits if edit.action == "merge"),
            apart=frozenset(edit.template for edit in edits if edit.action == "split"),
        )
        self._templates = merge_patterns(patterns, self._decided)
        self._members = _by_template(self._templates)

    @cached_property
    def _unedited(self) -> dict[str, list[str]]:
        """What each template stands for without the edits."""
        if not (self._decided.united or self._decided.apart):
            return self._members
        return _by_template(merge_patterns(self._templates))

    @property
    def patterns(self) -> AbstractSet[str]:
        """All patterns."""
        return self._templates.keys()

    def template_of(self, pattern: str) -> str:
        """Return the template of a pattern, which is the pattern itself if it is not known."""
        return self._templates.get(pattern, pattern)

    def members(self, template: str) -> list[str]:
        """Return the patterns of a template, none for an unknown text."""
        return self._members.get(template, [])

    def edit_of(self, template: str) -> PatternEdit:
        """Return what people decided about a template."""
        return self._edits.get(template) or PatternEdit(template, None, None, pinned=False)

    def fitting(self, template: str) -> list[str]:
        """Return the patterns that fit a template, sorted."""
        return sorted(pattern for pattern in self._templates if fits(template, pattern))

    def named(self, text: str, *, guess: bool) -> list[str]:
        """Return the patterns of a template.

        `guess`: a text that stopped being a template because people decided so stands for what it stood for before.
        One that is neither a template nor a pattern stands for the patterns that fit it: it is a template of other
        logs, or a pattern of an earlier version of the mask.
        """
        if not guess or (text in self._members and text not in self._decided.apart):
            return self.members(text)
        if text in self._unedited or text in self._templates:
            return self._unedited.get(text, [])
        try:
            wanted = re2.compile(expression_for(text), _OPTIONS)
        except re2.error:
            return []
        return [pattern for pattern in self._templates if wanted.fullmatch(pattern)]


class Templates:
    """Merges the patterns of projects and keeps the result for a minute."""

    def __init__(self, store: PatternTexts, edits: EditsOfPatterns, threads: SearchThreads) -> None:
        self._store = store
        self._edits = edits
        self._threads = threads
        self._known: TTLCache[str, ProjectTemplates] = TTLCache(_MAX_KNOWN, FRESH_S, getsizeof=_size)
        self._merging = asyncio.Lock()

    async def of(self, project_id: str, found: Collection[str] = ()) -> ProjectTemplates:
        """Return the templates of a project and of at most `MAX_PATTERNS` patterns that were just found in it."""
        async with self._merging:
            known = self._known.get(project_id)
            if known is not None and known.patterns >= set(found):
                return known
            patterns = {*await self._store.texts(project_id), *found}
            edits = await self._edits.of_project(project_id)
            made = await self._threads.work(_CALLER).run(lambda _: ProjectTemplates(patterns, edits))
            self._known[project_id] = made
            return made

    async def forget(self, project_id: str) -> None:
        """Merge the patterns of a project anew at the next use, because an edit changed."""
        async with self._merging:
            self._known.pop(project_id, None)

    async def fitting(self, project_id: str, template: str) -> list[str]:
        """Return the patterns of a project that fit a template, sorted."""
        templates = await self.of(project_id)
        return await self._threads.work(_CALLER).run(lambda _: templates.fitting(template))

    async def selected(self, selection: LogSelection, *, guess: bool) -> LogSelection:
        """Return a selection in which a template stands for each of its patterns.

        `guess`: a text that is neither template nor pattern stands for the patterns that fit it.
        """
        wanted = await self.expanded(selection.project_id, selection.wanted, guess=guess)
        return replace(selection, wanted=wanted)

    async def expanded(self, project_id: str, wanted: Filter, *, guess: bool) -> Filter:
        """Return a filter in which a template stands for each of its patterns."""
        if not any(map(_names_template, leaves(wanted))):
            return wanted
        templates = await self.of(project_id)

        def expand(leaf: Leaf) -> Filter:
            if not isinstance(leaf, Equals) or not _names_template(leaf):
                return leaf
            members = templates.named(leaf.value, guess=guess)
            return Or((leaf, OneOf("pattern", tuple(sorted(members))))) if members else leaf

        return await self._threads.work(_CALLER).run(lambda _: with_leaves(wanted, expand))


def _by_template(templates: Mapping[str, str]) -> dict[str, list[str]]:
    members: defaultdict[str, list[str]] = defaultdict(list)
    for pattern, template in templates.items():
        members[template].append(pattern)
    return dict(members)


def _size(templates: ProjectTemplates) -> int:
    return len(templates.patterns) + 1


def _names_template(leaf: Leaf) -> bool:
    return isinstance(leaf, Equals) and leaf.column == "pattern" and VARIABLE in leaf.value
