"""Versions of templates: what differs, and whether valid values are refused afterwards."""

from datetime import UTC, datetime
from typing import Any

import pytest
from logloop_ci_bridge.dispatches.template_versions import TemplateVersion, diff_of, version_of
from logloop_ci_bridge.dispatches.templates import Template, TemplateDraft
from pydantic import ValidationError

NOW = datetime(2026, 11, 27, tzinfo=UTC)
FIELD = {"name": "env", "enum": ["a", "b"], "max_length": 100}


def version(number: int, *fields: dict[str, Any], **more: Any) -> TemplateVersion:
    own = {"id": "T", "project_id": "shop", "revision": number, "created_at": NOW, "updated_at": NOW}
    draft = {"name": "t", "event_type": "a.b", "fields": list(fields), **more}
    return version_of(Template.model_validate({**own, **draft}))


@pytest.mark.parametrize(
    ("after", "kind", "breaking"),
    [
        ([{**FIELD, "enum": ["a", "b", "c"]}], "changed", False),
        ([{**FIELD, "enum": ["a"]}], "changed", True),
        ([{**FIELD, "enum": None}], "changed", False),
        ([{**FIELD, "required": True}], "changed", True),
        ([{**FIELD, "required": True, "default": "a"}], "changed", False),
        ([{**FIELD, "max_length": 99}], "changed", True),
        ([{"name": "env", "type": "integer"}], "changed", True),
        ([FIELD, {"name": "new"}], "added", False),
        ([FIELD, {"name": "new", "required": True}], "added", True),
        ([], "removed", True),
    ],
)
def test_a_diff_says_what_changed_and_whether_it_breaks(
    after: list[dict[str, Any]], kind: str, breaking: bool
) -> None:
    found = diff_of(version(1, FIELD), version(2, *after))
    assert [change.kind for change in found.changes] == [kind]
    assert found.breaking is breaking


def test_another_event_type_breaks_and_equal_versions_have_no_difference() -> None:
    assert diff_of(version(1, FIELD), version(2, FIELD, event_type="c.d")).breaking
    assert diff_of(version(1, FIELD), version(2, FIELD)).changes == []


def test_a_template_that_could_exceed_githubs_size_is_refused_when_it_is_saved() -> None:
    lines = [{"name": f"n{number}", "type": "lines"} for number in range(2)]
    with pytest.raises(ValidationError, match="GitHub accepts fewer than"):
        TemplateDraft.model_validate({"name": "t", "event_type": "a", "fields": lines})
    fitting = [{**field, "max_length": 80} for field in lines]
    TemplateDraft.model_validate({"name": "t", "event_type": "a", "fields": fitting})
