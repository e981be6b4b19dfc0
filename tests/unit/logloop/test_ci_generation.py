"""`logloop ci generate`: valid, typed and formatted Python, whatever pipelines and fields are called."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop.ci.generation.module import digest_in, module_of
from logloop.ci.generation.names import function_name, literal, prose, unique

ROOT = Path(__file__).parents[3]
HOSTILE = 'x"""\nimport os; os.system("touch PWNED")\n"""\\'


def definition(reference: str = "checkout/diagnose", **more: Any) -> dict[str, Any]:
    """A pipeline whose template has a field of each type."""
    properties = {
        "order_id": {"type": "string", "maxLength": 20, "description": "The order that failed."},
        "class": {"type": "integer"},
        "id": {"type": "number"},
        "client": {"type": "boolean"},
        "at": {"type": "string", "format": "date-time"},
        "environment": {"type": "string", "maxLength": 256, "enum": ["staging", HOSTILE], "default": "staging"},
        "recent": {"type": "array", "maxItems": 50, "items": {"type": "string", "maxLength": 256}},
    }
    return {
        "reference": reference,
        "name": "Checkout: diagnose",
        "repository": "acme/shop",
        "workflow": "diagnose.yml",
        "description": "Collects what is needed.",
        "digest": "00ff",
        "parameters": {"properties": properties, "required": ["order_id", "class"]},
        **more,
    }


def definitions(*items: dict[str, Any]) -> dict[str, Any]:
    """The definitions of a project."""
    return {"project_id": "shop", "digest": "abcdef0123456789", "items": list(items)}


def test_the_module_is_clean_under_mypy_strict_ruff_and_its_formatter(tmp_path: Path) -> None:
    module = tmp_path / "workflows.py"
    user = tmp_path / "use.py"
    same_names = [definition("a-b/c"), definition("a/b-c"), definition("a/b-c-async", description=HOSTILE * 9)]
    module.write_text(module_of(definitions(definition(), *same_names, definition("5/import", name=HOSTILE))))
    user.write_text(
        "from workflows import checkout_diagnose\n\n"
        'checkout_diagnose(order_id="1", class_=2).wait(5).conclusion\n'
        "checkout_diagnose(class_=2)\n"
        'checkout_diagnose(order_id=1, class_=2, environment="production")\n'
    )
    ruff = Path(sys.executable).with_name("ruff")
    for arguments in (
        ["check", "--isolated", "--select=ALL", "--ignore=CPY,D,INP,PLR0913,TC"],
        ["format", "--check"],
    ):
        done = subprocess.run([ruff, *arguments, module], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-error-summary", "use.py"]
    paths = {"MYPYPATH": f"{tmp_path}:{ROOT}/packages/logloop/src:{ROOT}/packages/contracts/src", "PATH": "/usr/bin"}
    cache = ["--cache-dir", str(ROOT / ".mypy_cache" / "generated")]
    checked = subprocess.run([*command, *cache], cwd=tmp_path, env=paths, capture_output=True, text=True)
    errors = [line.partition(": error: ")[2] for line in checked.stdout.splitlines() if ": error: " in line]
    assert [error.partition("  [")[2].rstrip("]") for error in errors] == ["call-arg", "arg-type", "arg-type"], (
        checked.stdout + checked.stderr
    )


@given(st.text(), st.text(), st.lists(st.text(max_size=30), min_size=1, max_size=3))
def test_no_text_of_a_user_becomes_code(name: str, description: str, allowed: list[str]) -> None:
    item = definition(f"checkout/{name}", name=name, description=description, repository=name, workflow=name)
    item["parameters"]["properties"]["environment"] |= {"enum": allowed, "default": description}
    tree = ast.parse(module_of(definitions(item)))
    kinds = [type(node).__name__ for node in tree.body]
    assert [kind for kind in kinds if kind != "ImportFrom"] == [
        *("Expr", "Assign", "Expr", "Assign", "Assign"),
        *("FunctionDef", "AsyncFunctionDef"),
    ]
    calls = {node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and hasattr(node.func, "attr")}
    assert calls == {"Definition", "start", "start_async"}
    assert prose(description).count('"') == 0


@given(st.text())
def test_a_literal_is_the_text(text: str) -> None:
    assert ast.literal_eval(literal(text)) == text
    assert literal(text).isascii()


def test_a_field_that_is_no_name_is_refused() -> None:
    bad = definition(parameters={"properties": {"a): import os": {"type": "string"}}, "required": []})
    with pytest.raises(ValueError, match="not a Python name"):
        module_of(definitions(bad))


def test_the_digest_is_read_back() -> None:
    assert digest_in(module_of(definitions(definition()))) == "abcdef0123456789"
    assert digest_in("print('hello')") is None


@pytest.mark.parametrize(
    ("reference", "name"),
    [("checkout/diagnose", "checkout_diagnose"), ("7/x", "start_7_x"), ("ci", "start_ci"), ("é/è", "pipeline")],
)
def test_functions_are_named_after_pipelines(reference: str, name: str) -> None:
    assert function_name(reference) == name


def test_names_stay_distinct_with_their_async_forms() -> None:
    assert unique(["a", "a_async", "a"], "_async") == ["a", "a_async_2", "a_2"]
