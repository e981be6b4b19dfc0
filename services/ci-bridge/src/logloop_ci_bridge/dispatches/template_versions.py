"""Versions of templates: one for each save, and the differences between two."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from logloop_ci_bridge.dispatches.templates import Template, TemplateField

_OWN = ("name", "description", "event_type")


class TemplateVersion(BaseModel):
    """A template as it was saved."""

    template_id: str
    project_id: str
    version: int
    saved_at: datetime
    name: str
    description: str
    event_type: str
    fields: list[TemplateField]


class Change(BaseModel):
    """One difference between two versions."""

    what: str = Field(description="A property of the template, or `fields.<name>`.", examples=["fields.count"])
    kind: Literal["added", "removed", "changed"]
    before: Any = None
    after: Any = None


class TemplateDiff(BaseModel):
    """The differences between two versions."""

    before: int
    after: int
    breaking: bool = Field(
        description="Values that were valid are refused now: a field was removed or became required, or its type, "
        "its allowed values or its length were narrowed; or the event type is another."
    )
    changes: list[Change]


def version_of(template: Template) -> TemplateVersion:
    """Return a template as a version."""
    return TemplateVersion(
        template_id=template.id,
        project_id=template.project_id,
        version=template.revision,
        saved_at=template.updated_at,
        **template.model_dump(include={*_OWN, "fields"}),
    )


def diff_of(before: TemplateVersion, after: TemplateVersion) -> TemplateDiff:
    """Return what differs between two versions."""
    changes = [
        Change(what=name, kind="changed", before=getattr(before, name), after=getattr(after, name))
        for name in _OWN
        if getattr(before, name) != getattr(after, name)
    ]
    old, new = ({field.name: field for field in version.fields} for version in (before, after))
    for name in dict.fromkeys((*old, *new)):
        was, is_now = old.get(name), new.get(name)
        if was == is_now:
            continue
        kind: Literal["added", "removed", "changed"] = "changed"
        if was is None or is_now is None:
            kind = "added" if was is None else "removed"
        changes.append(Change(what=f"fields.{name}", kind=kind, before=_shown(was), after=_shown(is_now)))
    breaking = before.event_type != after.event_type or any(
        _breaks(old.get(name), new.get(name)) for name in {*old, *new}
    )
    return TemplateDiff(before=before.version, after=after.version, breaking=breaking, changes=changes)


def _shown(field: TemplateField | None) -> dict[str, Any] | None:
    return None if field is None else field.model_dump(exclude_defaults=True)


def _breaks(was: TemplateField | None, now: TemplateField | None) -> bool:
    """Return whether a value that was valid, or none, may be refused now."""
    if now is None:
        return True
    required = now.required and now.default is None
    if was is None:
        return required
    narrowed = now.enum is not None and (was.enum is None or not set(was.enum) <= set(now.enum))
    became_required = required and not (was.required and was.default is None)
    return became_required or narrowed or was.type != now.type or now.max_length < was.max_length
