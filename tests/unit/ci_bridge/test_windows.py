"""Windows count the logs within them in any order of arrival."""

from hypothesis import given
from hypothesis import strategies as st
from logloop_ci_bridge.rules.evaluation.windows import STEPS, RuleWindow

SECOND = 1_000_000
BASE = 1_800_000_000 * SECOND

_LOGS = st.lists(st.tuples(st.integers(0, 600), st.sampled_from(["a", "b", "c"])), max_size=60)


@given(_LOGS, st.sampled_from([30, 60, 300]))
def test_counts_equal_those_of_a_list(logs: list[tuple[int, str]], window_s: int) -> None:
    """The reference list keeps every log and drops those that are older than the window, in whole steps."""
    window, step = RuleWindow(window_s), max(1, window_s // STEPS)
    for offset, service in logs:
        window.add(BASE + offset * SECOND, service, now_us=BASE + 700 * SECOND)
    newest = max((BASE // SECOND + offset) // step for offset, _ in logs) if logs else 0
    inside = [service for offset, service in logs if (BASE // SECOND + offset) // step > newest - window_s // step]
    found = window.statistics()
    assert found.count == len(inside)
    assert found.services == len(set(inside))
    assert found.rate == len(inside) * 60 / window_s


@given(_LOGS)
def test_adding_one_by_one_equals_adding_all(logs: list[tuple[int, str]]) -> None:
    one, all_at_once = RuleWindow(300), RuleWindow(300)
    rows = sorted((BASE + offset * SECOND, service) for offset, service in logs)
    for at, service in rows:
        one.add(at, service, now_us=BASE + 700 * SECOND)
    all_at_once.add_all(rows, now_us=BASE + 700 * SECOND)
    assert one.statistics() == all_at_once.statistics()


def test_a_log_from_the_future_does_not_empty_the_window() -> None:
    window = RuleWindow(60)
    window.add(BASE, "a", now_us=BASE)
    window.add(BASE + 86_400 * SECOND, "a", now_us=BASE)
    assert window.statistics().count == 1
    window.add(BASE + 61 * SECOND, "a", now_us=BASE + 61 * SECOND)
    assert window.statistics().count == 2


def test_logs_leave_the_window() -> None:
    window = RuleWindow(60)
    window.add(BASE, "a", now_us=BASE)
    assert window.statistics(BASE + 59 * SECOND).count == 1
    assert window.statistics(BASE + 61 * SECOND).count == 0


def test_a_flood_of_service_names_is_bounded() -> None:
    window = RuleWindow(60)
    for number in range(5000):
        window.add(BASE, f"service-{number}", now_us=BASE)
    assert window.statistics().count == 5000
    assert window.statistics().services == 1000
