"""What a failed run of a test did differently from its green runs."""

from collections import Counter

from logloop_analyzer.comparison.alignment import align
from logloop_analyzer.comparison.attempts import read_attempts, select_lines
from logloop_analyzer.comparison.check_file import check_file, file_name
from logloop_analyzer.comparison.difference import find_difference
from logloop_analyzer.comparison.proposed_checks import propose_checks
from logloop_analyzer.comparison.signature import sentence, signature_of
from logloop_contracts.log_checks import Follows, Never
from logloop_contracts.patterns.edits import PatternEdits

from tests.unit.analyzer.attempts_of_tests import TEST, Logged, attempt_table, attempts, outcome


def charge(order: int, *rest: Logged) -> list[Logged]:
    return [
        ("tests", "info", "charging an order"),
        ("payment", "info", f"charge of order {order} begins, provider pay-eu"),
        ("payment", "warn", f"pay-eu did not answer in {2900 + order} ms"),
        *rest,
    ]


def green(order: int) -> list[Logged]:
    return charge(
        order,
        ("payment", "info", "switching to pay-us"),
        ("payment", "info", f"charged {order}.00 EUR in {order + 3} ms"),
        ("tests", "info", "the order is paid"),
    )


RED = charge(
    77,
    ("payment", "info", "calling pay-eu again"),
    ("payment", "error", "charge of order 77 failed: ProviderTimeout"),
)


def test_the_first_broken_step_names_what_green_runs_do_instead() -> None:
    run, *greens = attempts(RED, green(1), green(22), green(3))
    found = find_difference(run, greens)
    assert found.first is not None
    assert (found.first.kind, found.first.service_id) == ("new", "payment")
    assert sentence(found.first) == (
        "payment: after 'pay-eu did not answer in <*> ms', the green runs continue with 'switching to pay-us'; "
        "this run with 'calling pay-eu again'."
    )
    rows = [
        (row.mark, row.green and row.green.log.message, row.run and row.run.log.message)
        for row in align(run, greens[0], found)
    ]
    assert [mark for mark, _, _ in rows] == ["same"] * 3 + ["missing"] * 3 + ["new"] * 2
    assert rows[3] == ("missing", "switching to pay-us", None)
    assert rows[6] == ("new", None, "calling pay-eu again")


def test_a_green_run_differs_in_nothing_from_other_green_runs_whatever_its_values_and_interleaving() -> None:
    worker: list[Logged] = [("stock", "info", f"reserved item {n}") for n in (1, 2)]
    other: list[Logged] = [*green(4)[:2], *worker, *green(4)[2:]]
    late: list[Logged] = [*green(5), ("stock", "info", "reserved item 9"), ("stock", "info", "reserved item 10")]
    first: list[Logged] = [*worker, *green(9)]
    run, *greens = attempts(other, late, first)
    found = find_difference(run, greens)
    assert (found.first, list(found.deviations), found.new, found.missing) == (None, [], frozenset(), frozenset())
    assert not propose_checks(run, greens, found).checks


def test_what_varies_among_green_runs_is_not_missing() -> None:
    retried: list[Logged] = [("payment", "warn", "connection lost, reconnecting"), *green(2)]
    run, *greens = attempts(RED, retried, green(3))
    found = find_difference(run, greens)
    assert "connection lost, reconnecting" not in {event.template for event in found.missing}
    marks = {row.mark for row in align(run, greens[0], found) if row.green and "lost" in row.green.log.message}
    assert marks == {"varies"}


def test_a_service_that_logs_nothing_at_all_is_the_first_difference() -> None:
    run, *greens = attempts([("tests", "info", "charging an order")], green(1), green(2))
    found = find_difference(run, greens)
    assert found.first is not None
    assert sentence(found.first) == (
        "payment: the green runs begin with 'charge of order <*> begins, provider pay-eu'; this run logs nothing."
    )


def test_another_value_is_a_difference_when_green_runs_agree_on_it() -> None:
    def cart(total: int, took: int) -> list[Logged]:
        return [("cart", "info", f"total is {total} EUR"), ("cart", "info", f"priced in {took} ms")]

    run, *greens = attempts(cart(90, 4), cart(100, 9), cart(100, 7))
    found = find_difference(run, greens)
    assert found.first is not None
    assert sentence(found.first) == "cart: the green runs log 'total is 100 EUR', this run 'total is 90 EUR'."
    assert [row.mark for row in align(run, greens[0], found)] == ["value", "same"]
    assert propose_checks(run, greens, found).checks == [Never("cart", "info", "total is 90 EUR")]


def test_another_order_counts_only_when_several_green_runs_agree() -> None:
    usual: list[Logged] = [("db", "info", "begin"), ("db", "info", "write"), ("db", "info", "commit")]
    swapped = [usual[0], usual[2], usual[1]]
    run, *greens = attempts(swapped, usual, usual)
    assert find_difference(run, greens).first is None
    run, *greens = attempts(swapped, usual, usual, usual)
    found = find_difference(run, greens).first
    assert found is not None
    assert found.kind == "order"


def test_long_runs_that_repeat_their_lines_are_aligned() -> None:
    def loop(times: int) -> list[Logged]:
        return [("worker", "info", text) for _ in range(times) for text in ("polling", "nothing to do")]

    run, passed = attempts([*loop(400), ("worker", "error", "gave up"), *loop(500)], loop(1000))
    rows = align(run, passed, find_difference(run, [passed]))
    assert Counter(row.mark for row in rows) == {"same": 1800, "varies": 200, "new": 1}


def test_lines_of_the_test_runner_and_of_other_runs_are_not_compared() -> None:
    report = '{"test.event":"finished","test.run_id":"run-0"}'
    other = '{"test.run_id":"run-7"}'
    lines: list[Logged] = [
        ("payment", "info", "begin"),
        ("tests", "error", "test failed: test_charge (0.1 s)"),
        ("payment", "error", "a line of another run"),
    ]
    table = select_lines(attempt_table(lines, 0, {1: report, 2: other}), "run-0")
    run, passed = read_attempts([table, attempt_table([("payment", "info", "begin")], 1)])
    assert [line.log.message for line in run] == ["begin", "test failed: test_charge (0.1 s)"]
    found = find_difference(run, [passed])
    assert (found.first, found.new) == (None, frozenset())
    assert [row.mark for row in align(run, passed, found)] == ["same", "report"]


def test_lines_of_a_template_that_people_have_made_are_one_step() -> None:
    tables = [
        attempt_table([("payment", "info", f"charged {name} once")], at) for at, name in enumerate(["anna", "bert"])
    ]
    run, passed = read_attempts(tables)
    assert find_difference(run, [passed]).first is not None
    run, passed = read_attempts(tables, PatternEdits(united=frozenset({"charged <*>"})))
    assert find_difference(run, [passed]).first is None


def test_failures_with_one_broken_step_have_one_signature_however_they_fail() -> None:
    run, *greens = attempts(RED, green(1), green(2))
    first = find_difference(run, greens).first
    one = signature_of(outcome(1, "failed", failure="AssertionError: assert <*>"), first)
    other = signature_of(outcome(1, "error", failure="ProviderTimeout", test_id="tests/test_order.py::test_x"), first)
    assert one == other
    assert signature_of(outcome(1, "failed", failure="A"), None) != signature_of(outcome(1, "failed"), None)
    assert signature_of(outcome(1, "failed", failure=None), None).title == "The failure gives no reason."


def test_proposed_checks_fail_on_the_failed_run_and_their_file_is_python() -> None:
    run, *greens = attempts(RED, green(1), green(2))
    proposed = propose_checks(run, greens, find_difference(run, greens))
    assert Never("payment", "info", "calling pay-eu again") in proposed.checks
    assert Follows("payment", "pay-eu did not answer in <*> ms", "switching to pay-us") in proposed.checks
    assert Never("payment", "error", "charge of order <*> failed: ProviderTimeout") in proposed.checks
    assert len(proposed.violations) == len(proposed.checks)
    code = check_file(TEST, proposed.checks)
    assert file_name(TEST) == "test_logs_of_charge.py"
    assert 'logs.follows("payment", after="pay-eu did not answer in <*> ms", then="switching to pay-us")' in code


def test_no_log_text_can_leave_its_place_in_the_generated_file() -> None:
    hostile = 'x")\n    import os; os.system("boom")\n"""\n\u202e # \\'
    code = check_file(f"tests/a.py::{hostile}", [Never("payment", "info", hostile)])
    called: list[tuple[str, str, str]] = []

    class Logs:
        def never(self, *arguments: str) -> None:
            called.append(arguments)  # type: ignore[arg-type]

    scope: dict[str, object] = {}
    exec(compile(code, "generated", "exec"), scope)  # noqa: S102  # the point of the test
    [function] = [value for name, value in scope.items() if name.startswith("test_logs_of_")]
    function(lambda _: Logs())  # type: ignore[operator]
    assert called == [("payment", "info", hostile)]
    assert code.isascii()
