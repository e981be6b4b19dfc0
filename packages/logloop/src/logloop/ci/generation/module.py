"""Writes the module: a blocking and an async function for each pipeline, typed after its JSON Schema.

The text is as `ruff format` leaves it, so that formatting does not change it.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from logloop.ci.generation.names import (
    WIDTH,
    class_name,
    function_name,
    literal,
    parameter_name,
    prose,
    unique,
    wrapped,
)

_DIGEST = re.compile(r'^DEFINITIONS = "(?P<digest>[0-9a-f]+)"$', re.MULTILINE)
_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "array": "Sequence[str]"}


@dataclass(frozen=True, slots=True)
class _Parameter:
    """A parameter of a function. `values`: the allowed texts, if they are fixed."""

    field: str
    name: str
    type: str
    required: bool
    text: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Function:
    """A pipeline as a function."""

    name: str
    definition: Mapping[str, Any]
    parameters: Sequence[_Parameter]


def digest_in(module: str) -> str | None:
    """Return the digest of the definitions that a generated module was made of."""
    match = _DIGEST.search(module)
    return match["digest"] if match else None


def module_of(definitions: Mapping[str, Any]) -> str:
    """Return the text of the module for the definitions of a project."""
    items = definitions["items"]
    names = unique((function_name(item["reference"]) for item in items), "_async")
    functions = _with_distinct_types(
        [
            _Function(name, item, _parameters(name, item["parameters"]))
            for name, item in zip(names, items, strict=True)
        ]
    )
    lines = [*_head(definitions, functions), *_types(functions)]
    for function in functions:
        lines += _definition(function)
    for function in functions:
        lines += ["", "", *_function(function, is_async=False), "", "", *_function(function, is_async=True)]
    return "\n".join([*_exemptions(functions, lines), *lines]) + "\n"


def _exemptions(functions: Sequence[_Function], lines: Sequence[str]) -> Iterator[str]:
    """Yield what linters would report of names and texts that users chose."""
    codes = []
    if any(parameter.name in dir(builtins) for function in functions for parameter in function.parameters):
        codes.append("A002")
    if any(len(line) > WIDTH for line in lines):
        codes.append("E501")
    if codes:
        yield f"# ruff: noqa: {', '.join(codes)}"


def _with_distinct_types(functions: Sequence[_Function]) -> list[_Function]:
    """Return the functions with a number behind type names that occur before."""
    parameters = [parameter for function in functions for parameter in function.parameters if parameter.values]
    names = unique(parameter.type for parameter in parameters)
    by_id = {id(parameter): name for parameter, name in zip(parameters, names, strict=True)}
    return [
        replace(
            function,
            parameters=[replace(item, type=by_id[id(item)]) if item.values else item for item in function.parameters],
        )
        for function in functions
    ]


def _parameters(function: str, schema: Mapping[str, Any]) -> list[_Parameter]:
    required = set(schema["required"])
    found = [
        _parameter(function, field, content, is_required=field in required and "default" not in content)
        for field, content in schema["properties"].items()
    ]
    names = unique(parameter.name for parameter in found)
    named = [replace(parameter, name=name) for parameter, name in zip(found, names, strict=True)]
    return sorted(named, key=lambda parameter: not parameter.required)


def _parameter(function: str, field: str, content: Mapping[str, Any], *, is_required: bool) -> _Parameter:
    allowed = tuple(content.get("enum", ()))
    kind = _TYPES[content["type"]]
    if allowed:
        kind = class_name(function, field)
    elif content.get("format") == "date-time":
        kind = "datetime"
    notes = [prose(content.get("description", "")).rstrip(".")]
    if "maxLength" in content and not allowed:
        notes.append(f"at most {int(content['maxLength'])} characters")
    if "default" in content:
        notes.append(f"default: {prose(str(content['default']))}")
    text = "; ".join(note for note in notes if note)
    return _Parameter(field, parameter_name(field), kind, is_required, text, allowed)


def _head(definitions: Mapping[str, Any], functions: Sequence[_Function]) -> Iterator[str]:
    yield f'"""Starts the workflows of project {prose(definitions["project_id"])}, with typed parameters.'
    yield ""
    yield "Written by `logloop ci generate`. Changes are lost when it runs again."
    yield '"""'
    yield ""
    parameters = [parameter for function in functions for parameter in function.parameters]
    kinds = {parameter.type for parameter in parameters}
    yield from ["from __future__ import annotations", ""]
    imports = []
    if "Sequence[str]" in kinds:
        imports.append("from collections.abc import Sequence")
    if "datetime" in kinds:
        imports.append("from datetime import datetime")
    if any(parameter.values for parameter in parameters):
        imports.append("from typing import Literal")
    if imports:
        yield from [*imports, ""]
    yield from ["from logloop import AsyncClient, Client, ci", ""] if functions else []
    yield f"DEFINITIONS = {literal(definitions['digest'])}"
    yield '"""Digest of the definitions that this module was made of."""'


def _types(functions: Sequence[_Function]) -> Iterator[str]:
    for function in functions:
        for parameter in function.parameters:
            if parameter.values:
                yield from ["", f"{parameter.type} = Literal["]
                yield from (f"    {literal(text)}," for text in parameter.values)
                yield "]"


def _definition(function: _Function) -> Iterator[str]:
    yield ""
    yield f"_{function.name} = ci.Definition("
    yield f"    {literal(function.definition['reference'])},"
    yield f"    {literal(function.definition['digest'])},"
    yield "    __name__,"
    yield ")"


def _function(function: _Function, *, is_async: bool) -> Iterator[str]:
    prefix, suffix, kind = ("async ", "_async", "Async") if is_async else ("", "", "")
    yield f"{prefix}def {function.name}{suffix}("
    yield "    *,"
    for parameter in function.parameters:
        yield f"    {parameter.name}: {parameter.type}{'' if parameter.required else ' | None = None'},"
    yield f"    client: {kind}Client | None = None,"
    yield f") -> ci.{kind}Run:"
    yield from _docstring(function)
    call = f"{'await ' if is_async else ''}ci.start{suffix}"
    if not function.parameters:
        yield f"    return {call}(_{function.name}, {{}}, client)"
        return
    yield f"    return {call}("
    yield f"        _{function.name},"
    yield "        {"
    for parameter in function.parameters:
        yield f"            {literal(parameter.field)}: {parameter.name},"
    yield "        },"
    yield "        client,"
    yield "    )"


def _docstring(function: _Function) -> Iterator[str]:
    definition = function.definition
    what = f"{definition['workflow']} of " if definition["workflow"] else ""
    lines = [
        f'    """Start {prose(definition["reference"])}.',
        "",
        *wrapped(f"{prose(definition['name']).rstrip('.')}: {prose(what + definition['repository'])}.", "    "),
    ]
    if definition["description"]:
        lines += ["", *wrapped(prose(definition["description"]), "    ")]
    if function.parameters:
        lines += ["", "    Args:"]
    for parameter in function.parameters:
        lines += wrapped(f"{parameter.name}: {parameter.text or 'no description'}.", "        ", "    ")
    yield from (*lines, '    """')
