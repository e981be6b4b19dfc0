"""How programs name and start a pipeline: its reference, its parameters, and a digest that changes with them."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson
from pydantic import BaseModel, Field

from logloop_ci_bridge.dispatches.pipelines import Mode, Pipeline
from logloop_ci_bridge.dispatches.templates import Template

_SEPARATORS = re.compile(r"[^a-z0-9]+")
_NO_PARAMETERS: dict[str, Any] = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


class Definition(BaseModel):
    """A pipeline as programs start it."""

    reference: str = Field(description="Its name in programs: service/name.", examples=["checkout/diagnose"])
    pipeline_id: str
    name: str
    service_id: str
    repository: str
    mode: Mode
    workflow: str | None
    template_id: str | None
    description: str = Field(description="That of the template.")
    parameters: dict[str, Any] = Field(description="JSON Schema of the values.")
    digest: str = Field(description="Changes with the parameters.")


class Definitions(BaseModel):
    """Every pipeline of a project as programs start it."""

    project_id: str
    digest: str = Field(description="Changes when any definition does.")
    items: list[Definition]


class UnknownPipeline(LookupError):
    """No pipeline, or more than one, has the name."""


def definitions_of(project_id: str, pipelines: Sequence[Pipeline], templates: Sequence[Template]) -> Definitions:
    """Return the definitions of a project's pipelines in the order of their references."""
    by_id = {template.id: template for template in templates}
    names = Counter(map(reference_of, pipelines))
    items = [
        _definition(pipeline, by_id.get(pipeline.template_id or ""), unique=names[reference_of(pipeline)] == 1)
        for pipeline in pipelines
    ]
    items.sort(key=lambda item: item.reference)
    return Definitions(project_id=project_id, digest=_digest([item.model_dump() for item in items]), items=items)


def _definition(pipeline: Pipeline, template: Template | None, *, unique: bool) -> Definition:
    return Definition(
        reference=reference_of(pipeline) if unique else pipeline.id,
        pipeline_id=pipeline.id,
        name=pipeline.name,
        service_id=pipeline.service_id,
        repository=pipeline.repository,
        mode=pipeline.mode,
        workflow=pipeline.workflow,
        template_id=template.id if template else None,
        description=template.description if template else "",
        parameters=template.payload_schema() if template else _NO_PARAMETERS,
        digest=digest_of(pipeline, template),
    )


def digest_of(pipeline: Pipeline, template: Template | None) -> str:
    """Return the digest of what a program needs to know of a pipeline with a template."""
    return _digest([pipeline.id, template.payload_schema() if template else None])


def reference_of(pipeline: Pipeline) -> str:
    """Return `service/name` of a pipeline: its own name if it has this form, else made of its name."""
    prefix = f"{pipeline.service_id}/"
    if pipeline.name.startswith(prefix) and _slug(pipeline.name[len(prefix) :]) == pipeline.name[len(prefix) :]:
        return pipeline.name
    name = _slug(pipeline.name).removeprefix(f"{_slug(pipeline.service_id)}-")
    return prefix + (name or pipeline.id)


def named(pipelines: Sequence[Pipeline], name: str) -> Pipeline:
    """Return the pipeline with a name: id, name, reference, or `service/workflow`. Raises UnknownPipeline."""
    for names_of in (_exact_names, _references, _workflows):
        found = [pipeline for pipeline in pipelines if name in names_of(pipeline)]
        if len(found) == 1:
            return found[0]
        if found:
            listed = ", ".join(f"{pipeline.id} ({pipeline.name})" for pipeline in found)
            raise UnknownPipeline(f"several pipelines are named {name!r}; use an id: {listed}")
    known = ", ".join(sorted(map(reference_of, pipelines))[:20]) or "none"
    raise UnknownPipeline(f"there is no pipeline {name!r} in this project; its pipelines are: {known}")


def _exact_names(pipeline: Pipeline) -> tuple[str, ...]:
    return pipeline.id, pipeline.name


def _references(pipeline: Pipeline) -> tuple[str, ...]:
    return (reference_of(pipeline),)


def _workflows(pipeline: Pipeline) -> tuple[str, ...]:
    if pipeline.workflow is None:
        return ()
    return (f"{pipeline.service_id}/{pipeline.workflow.rpartition('.')[0]}",)


def _slug(name: str) -> str:
    return _SEPARATORS.sub("-", name.lower()).strip("-")


def _digest(content: Any) -> str:
    return hashlib.blake2b(orjson.dumps(content, option=orjson.OPT_SORT_KEYS), digest_size=8).hexdigest()
