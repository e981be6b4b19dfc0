"""Arithmetic and comparison of series with numbers, as Loki computes them."""

import math
import operator
from collections.abc import Callable, Mapping

from logloop_query.loki.syntax_tree import NumberOperation


def _quotient(left: float, right: float) -> float:
    return left / right if right else math.nan


def _remainder(left: float, right: float) -> float:
    return math.fmod(left, right) if right else math.nan


def _power(left: float, right: float) -> float:
    try:
        return math.pow(left, right)
    except OverflowError:
        return -math.inf if left < 0 and right % 2 else math.inf
    except ValueError:  # a root of a negative number, or a negative power of zero
        return math.nan if left else math.inf


ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _quotient,
    "%": _remainder,
    "^": _power,
}
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def applied(operation: NumberOperation, points: Mapping[int, float]) -> dict[int, float]:
    """Return the points of a series after an operation. A comparison leaves out those for which it is false."""
    number = operation.number.value
    if operation.op in ARITHMETIC:
        compute = ARITHMETIC[operation.op]
        if operation.number_first:
            return {step: compute(number, value) for step, value in points.items()}
        return {step: compute(value, number) for step, value in points.items()}
    compare = COMPARISONS[operation.op]
    truths = {
        step: compare(number, value) if operation.number_first else compare(value, number)
        for step, value in points.items()
    }
    if operation.is_bool:
        return {step: float(truth) for step, truth in truths.items()}
    return {step: value for step, value in points.items() if truths[step]}
