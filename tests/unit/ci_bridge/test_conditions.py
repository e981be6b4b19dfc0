"""Conditions: which are valid, what they mean, and that kernels and CEL agree."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from cel_expr_python import cel as google_cel
from hypothesis import given, settings
from hypothesis import strategies as st
from logloop_ci_bridge.rules.evaluation.prefilter import Rows, derive
from logloop_contracts.conditions.cel_tree import read_checked, unparse
from logloop_contracts.conditions.condition import (
    BadCondition,
    attribute_keys,
    compile_condition,
    context_of,
)
from logloop_contracts.conditions.names import NAMES, Subject
from logloop_contracts.log_batch import entries_to_batch, new_batch_id
from logloop_contracts.log_entry import LogEntry, Severity

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "source",
    [
        'log.severity == "error" && log.message.contains("timeout") && stats.count > 5',
        'log.service_id in ["cart", "checkout"] || log.func_id.startsWith("pay")',
        "log.attributes.http.status >= 500",
        'has(log.attributes.http) && log.attributes["trace.id"] != ""',
        'log.message.matches("(a+)+$")',
        "stats.rate > 5 && stats.rate < 7.5 && stats.services >= 2",
        'log.timestamp > timestamp("2026-01-01T00:00:00Z")',
        "true",
    ],
)
def test_valid_log_conditions_compile(source: str) -> None:
    assert compile_condition(source, "logs").clauses


@pytest.mark.parametrize(
    ("source", "subject", "words"),
    [
        ("log.severity ==", "logs", "line 1, column"),
        ('log.sevrity == "error"', "logs", "undeclared reference to 'log.sevrity'"),
        ('log.sevrity == "error"', "logs", "known names: log.id"),
        ('run.conclusion == "failure"', "logs", "undeclared reference"),
        ("log.severity > 5", "logs", "no matching overload"),
        ("stats.count", "logs", "must return true or false"),
        ("lower(log.message) == 'x'", "logs", "undeclared reference to 'lower'"),
        ("", "logs", "empty"),
        ("   ", "logs", "empty"),
        ('log.message == "${{ secrets.X }}"', "logs", "${{"),
        ('log.message == "' + "é" * 1100 + '"', "logs", "2048 bytes"),
        ("run.failed_tests.map(t, t).size() > 1", "run", "map, filter"),
        ("run.failed_tests.filter(t, true).size() > 1", "run", "map, filter"),
        ("run.failed_tests.exists(t, run.failed_jobs.all(j, j == t))", "run", "nested"),
        ("log.message.matches(log.pattern)", "logs", "constant"),
        ('log.message.matches("(")', "logs", "not a valid RE2 pattern"),
        ('log.message.matches("(?=a)b")', "logs", "not a valid RE2 pattern"),
        ('log.message.matches("' + "a" * 300 + '")', "logs", "256 characters"),
        (r'log.message.matches("(\\pL+){50}z")', "logs", "59955 instructions"),
        ('has(log.message) && log.message == "x"', "logs", "no matching overload"),
        ('analysis.verdict == "confirmed"', "analysis", "output of a model alone"),
        ("1 / 0 > 0", "logs", "division by zero"),
        ("1 % 0 > 0", "logs", "modulo by zero"),
        ("log.attributes.n / 0 > 1", "logs", "divides by zero"),
        ("stats.count > 1 && stats.count % 0 == 1", "logs", "divides by zero"),
        ("9223372036854775807 + 1 > stats.count", "logs", "overflow"),
        ('stats.count > int("x")', "logs", "cannot be evaluated"),
        ('timestamp("yesterday") > log.timestamp', "logs", "cannot be evaluated"),
        ("[1][5] == stats.count", "logs", "out of bounds"),
        ('{"a": 1}["b"] == stats.count', "logs", "cannot be evaluated"),
        ("true ? 1 / 0 > 0 : true", "logs", "division by zero"),
        ("run.failed_tests.all(t, 1 / 0 > 0)", "run", "division by zero"),
        ("(" * 200 + "true" + ")" * 200, "logs", ""),
        ("out.tests.passed.size() > 1", "run", "undeclared reference"),
        ("out.lines.size() > 1", "logs", "undeclared reference"),
        ("step.exit_code == '1'", "run", "no matching overload"),
        ("out.lines.exists(line, line.txt == 'x')", "run", "no field 'txt'; known fields: text, severity"),
        ("out.annotations.all(found, found.text == 'x')", "run", "no field 'text'; known fields: message"),
        (r"out.lines.exists(line, line.text.matches('\\pL'))", "run", "each line cost too much"),
        (
            "out.lines.exists(line, (line.text + line.job).matches('a'))",
            "run",
            "match a field with a constant pattern",
        ),
        ("out.lines.exists(line, line.text.matches(line.job))", "run", "must be a string constant"),
    ],
)
def test_invalid_conditions_are_rejected_with_the_reason(source: str, subject: Subject, words: str) -> None:
    with pytest.raises(BadCondition) as refusal:
        compile_condition(source, subject)
    assert any(words in problem for problem in refusal.value.problems), refusal.value.problems


def test_clauses_are_split_by_whether_they_read_the_window() -> None:
    condition = compile_condition('stats.count > 5 && (log.severity == "error" && stats.rate > 1 || true)', "logs")
    assert [clause.text for clause in condition.window_clauses] == [
        "stats.count > 5",
        'log.severity == "error" && stats.rate > 1 || true',
    ]
    assert condition.row_clauses == ()


@pytest.mark.parametrize(
    ("source", "holds", "error"),
    [
        ('log.attributes.http.status >= 500 || log.message == "m"', True, None),
        ("log.attributes.missing == 1", False, "there is no 'missing'"),
        ('log.attributes.missing == 1 || log.message == "m"', True, None),
        ('log.attributes.http > "x"', False, "overload"),
        ("log.attributes.http.status", False, "returned int"),
        ("1 / log.attributes.zero > 0", False, "division by zero"),
        ("7 % log.attributes.zero > 0", False, "modulo by zero"),
        ("log.attributes.list[5] == 1", False, "out of bounds"),
        ("log.attributes.big * 4 > 0", False, "overflow"),
        ("int(log.message) > 0", False, "parse error"),
        ("timestamp(log.message) > timestamp('2026-01-01T00:00:00Z')", False, "timestamp"),
        ("log.attributes.list.all(x, x / log.attributes.zero > 0)", False, "division by zero"),
        ('1 / log.attributes.zero > 0 || log.message == "m"', True, None),
        ('log.attributes.http.status == 502.0 && "http" in log.attributes', True, None),
    ],
)
def test_an_error_counts_as_false_and_is_reported(source: str, holds: bool, error: str | None) -> None:
    condition = compile_condition(source, "logs")
    attributes = {"http": {"status": 502}, "zero": 0, "list": [1], "big": 2**62}
    values = {"log.attributes": attributes, "log.message": "m"}
    outcomes = [clause.evaluate(context_of(condition.names, values)) for clause in condition.clauses]
    assert all(outcome.holds for outcome in outcomes) is holds
    if error:
        assert any(error in (outcome.error or "") for outcome in outcomes)


def test_macros_over_lists_of_a_run() -> None:
    condition = compile_condition('run.failed_tests.exists(t, t.contains("pay"))', "run")
    [clause] = condition.clauses
    assert clause.text == 'run.failed_tests.exists(t, t.contains("pay"))'
    assert clause.evaluate(context_of(clause.names, {"run.failed_tests": ["a", "test_pay"]})).holds
    assert not clause.evaluate(context_of(clause.names, {"run.failed_tests": []})).holds


@pytest.mark.parametrize(
    ("source", "holds"),
    [
        ('out.lines.exists(line, line.text.matches("OOM|exit code 137") && line.severity == "error")', True),
        ('out.lines.exists(line, line.text.contains("calm"))', False),
        ('out.lines.exists(line, line.text.matches("^Killed"))', False),
        ('out.lines.all(line, !line.text.matches("ok") && line.severity.matches("^err"))', True),
        ('run.conclusion == "x" || !out.lines.exists(line, line.text.matches("[0-9]{3}"))', True),
        ('out.annotations.exists(found, found.path == "a.py" && found.line > 2)', True),
        ('"test_pay" in out.tests.failed && out.tests.failed.size() == 1', True),
        ('step.exit_code == 137 && step.name == "Test"', True),
        ('has(outputs.verdict) && outputs.verdict == "flaky"', True),
        ('run.conclusion == "success" || outputs.verdict == "flaky"', True),
        ('has(outputs.other) && outputs.other == "x"', False),
    ],
)
def test_conditions_read_the_output_of_a_run(source: str, holds: bool) -> None:
    values = {
        "run.conclusion": "failure",
        "out.lines": [{"text": "calm down", "severity": "info"}, {"text": "OOMKilled", "severity": "error"}][1:],
        "out.annotations": [{"path": "a.py", "line": 3}],
        "out.tests.failed": ["test_pay"],
        "step.name": "Test",
        "step.exit_code": 137,
        "outputs": {"verdict": "flaky"},
    }
    condition = compile_condition(source, "run")
    context = context_of(condition.names, values, condition.item_patterns)
    assert all(clause.evaluate(context).holds for clause in condition.clauses) is holds


@pytest.mark.parametrize(
    ("source", "keys"),
    [
        ("log.attributes.http.status >= 500", {"http"}),
        ('has(log.attributes.a) && log.attributes["b.c"] == 1', {"a", "b.c"}),
        ('log.message == "x"', set()),
        ('"k" in log.attributes', None),
        ("log.attributes[log.message] == 1", None),
        ('log.attributes.a == 1 || "k" in log.attributes', None),
    ],
)
def test_only_the_attributes_that_are_read_are_passed(source: str, keys: set[str] | None) -> None:
    condition = compile_condition(source, "logs")
    found = attribute_keys([clause.node for clause in condition.clauses])
    assert found == (None if keys is None else frozenset(keys))


# --- properties ----------------------------------------------------------------------------------------------

_TEXTS = st.sampled_from(["", "a", "error", "timeout 5", 'quo"te', "back\\slash", "é", "new\nline", "cart"])
_COLUMNS = st.sampled_from(["log.severity", "log.service_id", "log.test_id", "log.message", "log.source"])


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


_ATOMS = st.one_of(
    st.builds(lambda c, o, t: f"{c} {o} {_literal(t)}", _COLUMNS, st.sampled_from(["==", "!="]), _TEXTS),
    st.builds(lambda t, c: f"{_literal(t)} == {c}", _TEXTS, _COLUMNS),
    st.builds(
        lambda c, f, t: f"{c}.{f}({_literal(t)})",
        _COLUMNS,
        st.sampled_from(["contains", "startsWith", "endsWith"]),
        _TEXTS,
    ),
    st.builds(lambda c, ts: f"{c} in [{', '.join(map(_literal, ts))}]", _COLUMNS, st.lists(_TEXTS, max_size=3)),
    st.sampled_from(['log.attributes.k == "v"', 'log.attributes["k"] != "v"', "has(log.attributes.k)", "true"]),
    st.builds(lambda n: f"log.message.size() > {n}", st.integers(0, 9)),
)
_CONDITIONS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.builds(lambda a, b: f"({a} && {b})", inner, inner),
        st.builds(lambda a, b: f"({a} || {b})", inner, inner),
        st.builds(lambda a: f"!({a})", inner),
    ),
    max_leaves=5,
)
_ROWS = st.lists(
    st.builds(
        LogEntry,
        project_id=st.just("shop"),
        service_id=st.sampled_from(["cart", "error", "a"]),
        message=_TEXTS,
        severity=st.sampled_from(list(Severity)),
        timestamp=st.just(NOW),
        test_id=st.sampled_from([None, "a", "error"]),
        source=st.sampled_from([None, "cart"]),
        attributes=st.sampled_from([None, {"k": "v"}, {"k": "w", "x": 1}, {"x": {"k": "v"}}, {"x": "k"}]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(_CONDITIONS, _ROWS)
def test_the_prefilter_passes_exactly_the_rows_for_which_cel_is_true(source: str, rows: list[LogEntry]) -> None:
    condition = compile_condition(source, "logs")
    table = pa.Table.from_batches([entries_to_batch(rows, new_batch_id())])
    prefilter = derive([], condition.row_clauses)
    passed = {int(row) for row in prefilter.apply(Rows(table)).values("row")}
    for index, entry in enumerate(rows):
        context = context_of(condition.names, _values(entry))
        wanted = all(clause.evaluate(context).holds for clause in condition.clauses)
        by_filter = index in passed and all(clause.evaluate(context).holds for clause in prefilter.residual)
        assert by_filter == wanted, (source, entry)


def _values(entry: LogEntry) -> dict[str, object]:
    found = {f"log.{name}": value for name, value in entry.model_dump().items()}
    for name in ("log.test_id", "log.func_id", "log.source"):
        found[name] = found[name] or ""
    return {**found, "log.severity": entry.severity.value, "log.attributes": entry.attributes or {}}


@settings(max_examples=60, deadline=None)
@given(_CONDITIONS)
def test_the_text_of_a_tree_compiles_to_the_same_tree(source: str) -> None:
    types = {"string": google_cel.Type.STRING, "int": google_cel.Type.INT, "any": google_cel.Type.DYN}
    attributes = google_cel.Type.Map(google_cel.Type.STRING, google_cel.Type.DYN)
    names = {name: types.get(kind, attributes) for name, kind in NAMES["logs"].items()}
    environment = google_cel.NewEnv(variables=names)
    once = unparse(read_checked(environment.compile(source).serialize()))
    twice = unparse(read_checked(environment.compile(once).serialize()))
    assert once == twice
