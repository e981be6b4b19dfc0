"""Problem matchers, in GitHub's JSON format: patterns that find annotations in the output of compilers and linters.

The patterns are RE2, whose time is linear in the line. A project stores the files that its workflows add with
`::add-matcher::`, and may apply others to all output.
"""

import functools
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import re2
from logloop_contracts.conditions.condition import MAX_PATTERN_PROGRAM
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from logloop_ci_bridge.record import Record

MAX_SECONDS = 10.0
"""What the matchers may take over the output of one job; the rest of the output is not matched."""
_ADDED = re.compile(r"^##\[add-matcher\](?P<path>.+)$")
_REMOVED = re.compile(r"^##\[remove-matcher(?: owner=(?P<owner>[^\]]*))?\](?P<file>.*)$")
_UNICODE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_WORKSPACE = re.compile(r"^(?:/home/runner/work|/github/workspace|[A-Za-z]:\\a)[/\\]([^/\\]+)[/\\]\1[/\\]")
_LEVELS = {"error": "failure", "warning": "warning", "notice": "notice"}
_GROUPS = ("file", "line", "column", "severity", "code", "message")
_QUIET = re2.Options()
_QUIET.log_errors = False


class MatcherPattern(BaseModel):
    """A pattern for one line. The numbers name its groups."""

    model_config = ConfigDict(extra="ignore")

    regexp: str = Field(min_length=1, max_length=1000)
    file: int | None = Field(None, ge=0, le=50)
    line: int | None = Field(None, ge=0, le=50)
    column: int | None = Field(None, ge=0, le=50)
    severity: int | None = Field(None, ge=0, le=50)
    code: int | None = Field(None, ge=0, le=50)
    message: int | None = Field(None, ge=0, le=50)
    loop: bool = Field(False, description="For the last pattern: it may match many lines in a row.")

    @field_validator("regexp")
    @classmethod
    def _is_re2(cls, value: str) -> str:
        try:
            compiled = _compiled(value)
        except re2.error as error:
            raise ValueError(f"not a valid RE2 pattern: {str(error)[:120]}") from error
        if compiled.programsize > MAX_PATTERN_PROGRAM:
            raise ValueError(f"the pattern compiles to more than {MAX_PATTERN_PROGRAM} instructions; shorten it")
        return value

    @model_validator(mode="after")
    def _has_its_groups(self) -> Self:
        groups = _compiled(self.regexp).groups
        named = [name for name in _GROUPS if (getattr(self, name) or 0) > groups]
        if named:
            raise ValueError(f"the pattern has {groups} groups, but {', '.join(named)} name a higher one")
        return self


class ProblemMatcher(BaseModel):
    """Patterns for the lines of one problem, in order."""

    model_config = ConfigDict(extra="ignore")

    owner: str = Field(min_length=1, max_length=100, examples=["eslint-compact"])
    severity: str = Field("error", description="Where the pattern has none: error, warning or notice.")
    pattern: list[MatcherPattern] = Field(min_length=1, max_length=10)

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if not any(item.message is not None for item in self.pattern):
            raise ValueError("a pattern must name the group of the message")
        if any(item.loop for item in self.pattern[:-1]):
            raise ValueError("only the last pattern may loop")
        return self


class MatcherDraft(BaseModel):
    """A matcher file: its name, and its content as GitHub reads it."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    name: str = Field(min_length=1, max_length=100)
    file: str | None = Field(
        None,
        max_length=200,
        pattern=r"^[^/\\]+\.json$",
        description="Name of the file without its folder. The matchers apply from the `::add-matcher::` that names "
        "it, or without a file to all output.",
        examples=["eslint-compact.json"],
    )
    problem_matcher: list[ProblemMatcher] = Field(alias="problemMatcher", min_length=1, max_length=20)


class StoredMatcher(MatcherDraft, Record):
    """A stored matcher file."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What a matcher found in a line."""

    owner: str
    level: str
    message: str
    path: str | None = None
    line: int | None = None
    code: str | None = None


class Matching:
    """Applies the matchers of a project to the lines of one job, in order."""

    def __init__(self, known: Sequence[MatcherDraft], clock: Callable[[], float] = time.monotonic) -> None:
        self._known = known
        self._clock = clock
        self._end = clock() + MAX_SECONDS
        self._active = {
            matcher.owner: _Matching(matcher)
            for item in known
            if item.file is None
            for matcher in item.problem_matcher
        }

    def feed(self, line: str) -> Problem | None:
        """Return the problem that a line completes. Lines that add or remove a matcher do so."""
        if line.startswith("##["):
            self._switch(line)
            return None
        if not self._active or self._clock() >= self._end:
            return None
        # The first that matches wins, as on GitHub, where the latest added is asked first.
        return next((found for item in reversed(self._active.values()) if (found := item.feed(line))), None)

    def _switch(self, line: str) -> None:
        added = _ADDED.match(line)
        if added:
            name = re.split(r"[/\\]", added["path"].strip())[-1]
            for item in self._known:
                if item.file == name:
                    self._active |= {matcher.owner: _Matching(matcher) for matcher in item.problem_matcher}
        removed = _REMOVED.match(line)
        if removed and removed["owner"]:
            self._active.pop(removed["owner"].strip(), None)


@dataclass
class _Matching:
    """One matcher, with what the lines so far gave."""

    matcher: ProblemMatcher
    _at: int = 0
    _found: dict[str, str] = field(default_factory=dict)

    def feed(self, line: str) -> Problem | None:
        pattern = self.matcher.pattern[self._at]
        match = _compiled(pattern.regexp).search(line)
        if match is None:
            if self._at == 0:
                return None
            self._at, self._found = 0, {}
            return self.feed(line)
        groups = {name: getattr(pattern, name) for name in _GROUPS}
        values = {name: match[number] for name, number in groups.items() if number is not None and match[number]}
        if self._at < len(self.matcher.pattern) - 1:
            self._found |= values
            self._at += 1
            return None
        problem = self._problem({**self._found, **values})
        if not pattern.loop:
            self._at, self._found = 0, {}
        return problem

    def _problem(self, values: dict[str, str]) -> Problem | None:
        level = _LEVELS.get((values.get("severity") or self.matcher.severity or "error").lower())
        if level is None or not values.get("message", "").strip():
            return None
        number = values.get("line", "")
        return Problem(
            self.matcher.owner,
            level,
            values["message"].strip(),
            without_workspace(values["file"].strip()) if values.get("file") else None,
            int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None,
            values.get("code"),
        )


def without_workspace(path: str) -> str:
    """Return a path relative to the checkout, if it is inside of it."""
    return _WORKSPACE.sub("", path)


@functools.lru_cache(maxsize=2_000)
def _compiled(pattern: str) -> Any:
    """Return a compiled pattern. JavaScript's `\\uXXXX` is written `\\x{XXXX}` in RE2. Raises re2.error."""
    return re2.compile(_UNICODE.sub(r"\\x{\1}", pattern), _QUIET)
