"""Text inside a YAML file that knows where each of its characters is in the file.

A condition is a scalar of the workflow, and a list of reactions is YAML inside such a scalar. Their errors are
reported at the place that an editor shows.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import yaml

_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|\r?\n[ \t]*|.)")
_BLOCK_STYLES = ("|", ">")


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file. Line and column count from 1."""

    line: int
    column: int


START = Position(1, 1)


class UnreadableYaml(ValueError):
    """The text is not YAML that a workflow may use."""

    def __init__(self, message: str, position: Position) -> None:
        super().__init__(message)
        self.position = position


class LocatedText:
    """A text, with the index in the file of each of its characters."""

    def __init__(self, value: str, source: str, indexes: Sequence[int]) -> None:
        self.value = value
        self._source = source
        self._indexes = indexes

    @classmethod
    def of_file(cls, source: str) -> "LocatedText":
        """Return a whole file."""
        return cls(source, source, range(len(source)))

    def position(self, index: int) -> Position:
        """Return where a character is in the file; the end of the text for an index after it."""
        if not self._indexes:
            return START
        at = self._indexes[index] if index < len(self._indexes) else self._end()
        start = self._source.rfind("\n", 0, at) + 1
        return Position(self._source.count("\n", 0, at) + 1, at - start + 1)

    def _end(self) -> int:
        last = len(self.value.rstrip()) - 1
        return self._indexes[max(0, last)] + 1

    def position_of(self, line: int, column: int) -> Position:
        """Return where a line and column of this text, both from 1, are in the file."""
        lines = self.value.split("\n")
        before = sum(len(text) + 1 for text in lines[: line - 1])
        return self.position(before + column - 1)

    def compose(self) -> yaml.Node | None:
        """Return the text as YAML nodes, None when it is empty. Raises UnreadableYaml."""
        try:
            return yaml.compose(self.value, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            message = error.problem or error.context or "the text is not YAML"
            raise UnreadableYaml(message, self.position(mark.index if mark else 0)) from error
        except yaml.reader.ReaderError as error:
            message = f"the character {error.character!r} is not allowed in YAML"
            raise UnreadableYaml(message, self.position(int(error.position))) from error
        except RecursionError as error:
            raise UnreadableYaml("the YAML is nested too deeply", self.position(0)) from error

    def start_of(self, node: yaml.Node) -> Position:
        """Return where a node of this text begins in the file."""
        return self.position(node.start_mark.index)

    def scalar(self, node: yaml.ScalarNode) -> "LocatedText":
        """Return the value of a scalar of this text."""
        units = _units(self.value, node)
        end = node.end_mark.index
        indexes, at = list[int](), 0
        for char in node.value:
            while at < len(units) and units[at][1].isspace() and not char.isspace():
                at += 1
            indexes.append(units[at][0] if at < len(units) else max(node.start_mark.index, end - 1))
            if at < len(units) and (not char.isspace() or units[at][1].isspace() or not units[at][1]):
                at += 1
        return LocatedText(str(node.value), self._source, [self._indexes[index] for index in indexes])


def _units(text: str, node: yaml.ScalarNode) -> list[tuple[int, str]]:
    """Return what the scalar is made of: the index of each unit, and its character, empty for an escape.

    YAML folds and strips blanks only, so every other character of the value is one unit, in the same order.
    """
    start, end = node.start_mark.index, node.end_mark.index
    if node.style in _BLOCK_STYLES:
        start = text.find("\n", start, end) + 1 or end
    elif node.style in ("'", '"'):
        start, end = start + 1, end - 1
    if node.style == '"':
        return _double_quoted(text, start, end)
    if node.style == "'":
        return [
            (found.start() + start, found.group()[0]) for found in re.finditer(r"''|.", text[start:end], re.DOTALL)
        ]
    return [(index, text[index]) for index in range(start, end)]


def _double_quoted(text: str, start: int, end: int) -> list[tuple[int, str]]:
    units, index = list[tuple[int, str]](), start
    while index < end:
        escape = _ESCAPE.match(text, index, end)
        if escape is None:
            units.append((index, text[index]))
            index += 1
            continue
        if "\n" not in escape.group():
            units.append((index, ""))
        index = escape.end()
    return units
