"""Which parts of a query each range function takes, as in Loki."""

from logloop_query.loki.errors import BadLogQL
from logloop_query.loki.syntax_tree import LabelFilter, RangeAggregation, Unwrap

_OF_LOGS = frozenset({"count_over_time", "rate", "bytes_over_time", "bytes_rate", "absent_over_time"})
_NOT_OF_VALUES = frozenset({"count_over_time", "bytes_over_time", "bytes_rate"})
_UNGROUPED = frozenset({*_OF_LOGS, "sum_over_time"})


def checked(aggregation: RangeAggregation) -> RangeAggregation:
    """Return a range aggregation. Raises BadLogQL for parts that do not belong together."""
    function, logs = aggregation.function, aggregation.logs
    if (function == "quantile_over_time") != (aggregation.parameter is not None):
        needs = "takes a quantile first, such as 0.95" if aggregation.parameter is None else "takes no number"
        raise BadLogQL(f"{function} {needs}")
    unwraps = [number for number, stage in enumerate(logs.stages) if isinstance(stage, Unwrap)]
    if len(unwraps) > 1:
        raise BadLogQL("a query may have one 'unwrap' only")
    if not unwraps and function not in _OF_LOGS:
        raise BadLogQL(f"{function} needs values; add | unwrap and the label that has them")
    if unwraps and function in _NOT_OF_VALUES:
        raise BadLogQL(f"{function} takes no values; leave out 'unwrap', or use sum_over_time or rate")
    if unwraps and not all(isinstance(stage, LabelFilter) for stage in logs.stages[unwraps[0] + 1 :]):
        raise BadLogQL("only label filters may follow 'unwrap'; write the other stages before it")
    if aggregation.grouping is not None and function in _UNGROUPED:
        raise BadLogQL(f"{function} takes no grouping; write sum {aggregation.grouping} (…) around it")
    return aggregation
