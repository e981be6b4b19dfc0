"""Templates: typed fields, GitHub's limits, and no commands in payloads."""

import re
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_ci_bridge.dispatches.outbox import new_dispatch
from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.dispatches.templates import BadPayload, Template, TemplateDraft, safe_text
from pydantic import ValidationError

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def template(*fields: dict[str, Any], **more: Any) -> TemplateDraft:
    return TemplateDraft.model_validate({"name": "t", "event_type": "logloop.x", "fields": list(fields), **more})


@pytest.mark.parametrize(
    "attack",
    [
        '"; curl x #',
        "$(touch PWNED)",
        "`id`",
        "${{ secrets.TOKEN }}",
        "::set-output name=verdict::evil",
        "a\n::add-mask::a",
        "x' || true; '",
        "\x1b]0;title\x07",
        "<img src=x onerror=1>",
        "a & b | c > d",
    ],
)
def test_log_text_loses_everything_a_shell_or_workflow_command_could_use(attack: str) -> None:
    payload = template({"name": "message", "source": "log.message"}).render({"log.message": attack})
    assert not re.search(r"[^\w .,:/@+=-]|::", payload["message"])


@given(st.text(max_size=300))
def test_safe_text_is_safe_for_any_text(text: str) -> None:
    made = safe_text(text)
    assert len(made) <= 256
    assert not re.search(r"[^\w .,:/@+=-]|::", made)
    assert safe_text(made) == made


@pytest.mark.parametrize(
    ("field", "value", "made"),
    [
        ({"type": "integer"}, 12, 12),
        ({"type": "integer"}, "12", 12),
        ({"type": "integer"}, 12.0, 12),
        ({"type": "number"}, "1.5", 1.5),
        ({"type": "boolean"}, True, True),
        ({"type": "timestamp"}, NOW, "2026-11-22T12:00:00Z"),
        ({"enum": ["a", "b"]}, "b", "b"),
        ({"max_length": 3}, "abcdef", "abc"),
    ],
)
def test_values_are_converted_to_the_type_of_their_field(field: dict[str, Any], value: Any, made: Any) -> None:
    source = {"name": "f", "source": "log.attributes.x", **field}
    values = {"log.attributes": {"x": value}} if not isinstance(value, datetime) else {"log.timestamp": value}
    if isinstance(value, datetime):
        source["source"] = "log.timestamp"
    drafted = template(source)
    payload = drafted.render(values)
    assert payload == {"f": made}
    jsonschema.validate(payload, drafted.payload_schema())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ({"type": "integer"}, "many"),
        ({"type": "integer"}, "9" * 30),
        ({"type": "integer"}, 2**63),
        ({"type": "number"}, 1e300),
        ({"type": "integer"}, 1.5),
        ({"type": "integer"}, True),
        ({"type": "number"}, "nan"),
        ({"type": "number"}, "1e999"),
        ({"type": "boolean"}, "true"),
        ({"type": "timestamp"}, "yesterday"),
        ({"type": "timestamp"}, "2026-01-01T00:00:00"),
        ({"enum": ["a"]}, "b"),
        ({}, "with; semicolon"),
    ],
)
def test_given_values_of_another_type_are_rejected(field: dict[str, Any], value: Any) -> None:
    with pytest.raises(BadPayload):
        template({"name": "f", **field}).render({}, {"f": value})


def test_missing_values_take_the_default_or_are_left_out_or_stop_the_dispatch() -> None:
    assert template({"name": "f", "source": "log.test_id", "default": "none"}).render({"log.test_id": ""}) == {
        "f": "none"
    }
    assert template({"name": "f", "source": "log.test_id"}).render({}) == {}
    with pytest.raises(BadPayload, match="required"):
        template({"name": "f", "source": "log.test_id", "required": True}).render({})
    with pytest.raises(BadPayload, match="no field"):
        template().render({}, {"x": 1})


def test_attributes_are_found_by_whole_name_and_by_path_and_objects_are_left_out() -> None:
    fields = [{"name": f"f{i}", "source": f"log.attributes.{path}"} for i, path in enumerate(("a.b", "c.d", "c"))]
    assert template(*fields).render({"log.attributes": {"a.b": "1", "c": {"d": "2"}}}) == {"f0": "1", "f1": "2"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"event_type": "x" * 101},
        {"event_type": ""},
        {"event_type": "${{ x }}"},
        {"fields": [{"name": f"f{i}"} for i in range(10)]},
        {"fields": [{"name": "logloop"}]},
        {"fields": [{"name": "a"}, {"name": "a"}]},
        {"fields": [{"name": "a", "source": "log.nope"}]},
        {"fields": [{"name": "a b"}]},
        {"fields": [{"name": "a", "type": "integer", "enum": ["1"]}]},
        {"fields": [{"name": "a", "type": "integer", "default": "x"}]},
    ],
)
def test_templates_over_githubs_limits_are_rejected(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TemplateDraft.model_validate({"name": "t", "event_type": "x", **wrong})


def test_the_envelope_and_nine_fields_fit_githubs_ten_keys() -> None:
    full = template(*({"name": f"f{i}", "source": "log.message", "max_length": 1024} for i in range(9)))
    stored = Template(**full.model_dump(), id="T", project_id="shop", created_at=NOW, updated_at=NOW)
    pipeline = Pipeline(
        name="p", service_id="s", repository="a/b", id="P", project_id="shop", created_at=NOW, updated_at=NOW
    )
    payload = full.render({"log.message": "x" * 2000})
    made = new_dispatch(
        pipeline, stored, payload, dispatch_id="D", correlation_id="C", dedupe_key="K", now=NOW, hop=2
    )
    body = made.client_payload(NOW)
    assert len(body) == 10
    assert body["logloop"] == {
        "v": 1,
        "correlation_id": "C",
        "dedupe_key": "K",
        "hop": 2,
        "rule": None,
        "sent_at": "2026-11-22T12:00:00Z",
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"repository": "noslash"},
        {"repository": "a/.."},
        {"repository": "../../x"},
        {"mode": "workflow_dispatch"},
        {"workflow": "../x.yml"},
        {"workflow": "x.txt"},
        {"ref": "a b"},
        {"service_id": ""},
    ],
)
def test_invalid_pipelines_are_rejected(wrong: dict[str, Any]) -> None:
    values = {"name": "p", "service_id": "s", "repository": "a/b", "id": "P", "project_id": "shop", **wrong}
    with pytest.raises(ValidationError):
        Pipeline.model_validate({**values, "created_at": NOW, "updated_at": NOW})
