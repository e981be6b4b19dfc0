"""The part of LogQL that is supported, as an immutable tree. `str()` of each part is its canonical text."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

MatchOp = Literal["=", "!=", "=~", "!~"]
LineOp = Literal["|=", "!=", "|~", "!~"]
CompareOp = Literal["==", "!=", ">", ">=", "<", "<="]
RangeFunction = Literal[
    "count_over_time",
    "rate",
    "bytes_over_time",
    "bytes_rate",
    "absent_over_time",
    "sum_over_time",
    "avg_over_time",
    "min_over_time",
    "max_over_time",
    "stddev_over_time",
    "stdvar_over_time",
    "quantile_over_time",
]
Conversion = Literal["", "duration", "duration_seconds", "bytes"]
NumberOp = Literal["+", "-", "*", "/", "%", "^", "==", "!=", ">", ">=", "<", "<="]
VectorFunction = Literal["sum", "min", "max", "avg", "count", "stddev", "stdvar", "topk", "bottomk"]


def quoted(text: str) -> str:
    """Return a text as LogQL quotes it."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(escapes.get(character, character) for character in text) + '"'


@dataclass(frozen=True, slots=True)
class Matcher:
    """A label and the text that it has, or the expression that its whole text matches. Missing labels are empty."""

    label: str
    op: MatchOp
    value: str

    def __str__(self) -> str:
        return f"{self.label}{self.op}{quoted(self.value)}"


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Lines with one of the texts (`|=`, `|~`), or with none of them."""

    op: LineOp
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.op} {' or '.join(map(quoted, self.values))}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A label that is a number."""

    label: str
    op: CompareOp
    number: str

    def __str__(self) -> str:
        return f"{self.label} {self.op} {self.number}"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Label filters that are all true."""

    parts: tuple["Condition", ...]

    def __str__(self) -> str:
        return " and ".join(f"({part})" if isinstance(part, AnyOf) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Label filters of which at least one is true."""

    parts: tuple["Condition", ...]

    def __str__(self) -> str:
        return " or ".join(map(str, self.parts))


Condition: TypeAlias = Matcher | Comparison | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class LabelFilter:
    """A filter on labels, after the selector."""

    condition: Condition

    def __str__(self) -> str:
        return f"| {self.condition}"


@dataclass(frozen=True, slots=True)
class Parser:
    """`| json` or `| logfmt`."""

    name: str

    def __str__(self) -> str:
        return f"| {self.name}"


@dataclass(frozen=True, slots=True)
class Drop:
    """`| drop a, b`."""

    labels: tuple[str, ...]

    def __str__(self) -> str:
        return f"| drop {', '.join(self.labels)}"


@dataclass(frozen=True, slots=True)
class Unwrap:
    """`| unwrap label`: the value of each log is that of a label, as a number, a duration or a size."""

    label: str
    conversion: Conversion = ""

    def __str__(self) -> str:
        return f"| unwrap {self.conversion}({self.label})" if self.conversion else f"| unwrap {self.label}"


Stage: TypeAlias = LineFilter | LabelFilter | Parser | Drop | Unwrap
_NO_ERROR = (Matcher("__error__", "=", ""), Matcher("__error__", "!=", "SampleExtractionErr"))


@dataclass(frozen=True, slots=True)
class LogQuery:
    """A stream selector and its stages."""

    matchers: tuple[Matcher, ...]
    stages: tuple[Stage, ...] = ()

    def __str__(self) -> str:
        selector = "{" + ", ".join(map(str, self.matchers)) + "}"
        return " ".join([selector, *map(str, self.stages)])

    @property
    def unwrap(self) -> Unwrap | None:
        """The stage that takes values from a label."""
        return next((stage for stage in self.stages if isinstance(stage, Unwrap)), None)

    @property
    def skips_errors(self) -> bool:
        """Whether a filter on __error__ after the unwrap leaves out logs whose value cannot be read."""
        unwrap = self.unwrap
        after = self.stages[self.stages.index(unwrap) + 1 :] if unwrap else ()
        return any(isinstance(stage, LabelFilter) and stage.condition in _NO_ERROR for stage in after)


@dataclass(frozen=True, slots=True)
class RangeAggregation:
    """A function of the logs in the time before each step, which an offset moves into the past.

    `parameter` is the quantile of quantile_over_time. `grouping` is written directly after the function.
    """

    function: RangeFunction
    logs: LogQuery
    range_ns: int
    range_text: str
    offset_ns: int = 0
    offset_text: str = ""
    parameter: float | None = None
    grouping: "Grouping | None" = None

    def __str__(self) -> str:
        offset = f" offset {self.offset_text}" if self.offset_text else ""
        first = "" if self.parameter is None else f"{self.parameter}, "
        group = "" if self.grouping is None else f" {self.grouping}"
        return f"{self.function}({first}{self.logs}[{self.range_text}]{offset}){group}"


@dataclass(frozen=True, slots=True)
class Grouping:
    """`by (labels)`, or `without (labels)`."""

    labels: tuple[str, ...]
    without: bool = False

    def __str__(self) -> str:
        return f"{'without' if self.without else 'by'} ({', '.join(self.labels)})"


@dataclass(frozen=True, slots=True)
class VectorAggregation:
    """A function of several series. `number` is the first argument of topk and bottomk."""

    function: VectorFunction
    inner: "Metric"
    grouping: Grouping | None = None
    number: int | None = None

    def __str__(self) -> str:
        group = "" if self.grouping is None else f" {self.grouping} "
        first = "" if self.number is None else f"{self.number}, "
        return f"{self.function}{group}({first}{self.inner})"


@dataclass(frozen=True, slots=True)
class Constant:
    """A number that does not depend on logs, such as `vector(1)+vector(1)`. `is_vector`: it is a series."""

    value: float
    text: str
    is_vector: bool = False

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class NumberOperation:
    """Each point of a metric and a number, the left one with `number_first`. With `is_bool`, true is 1, false 0."""

    op: NumberOp
    inner: "Metric"
    number: Constant
    number_first: bool = False
    is_bool: bool = False

    def __str__(self) -> str:
        metric = _operand(self.inner)
        left, right = (f"({self.number})", metric) if self.number_first else (metric, f"({self.number})")
        return f"{left} {self.op}{' bool' if self.is_bool else ''} {right}"


@dataclass(frozen=True, slots=True)
class OrConstant:
    """`or vector(0)`: a number for the steps at which the series without labels has no point."""

    inner: "Metric"
    constant: Constant

    def __str__(self) -> str:
        return f"{_operand(self.inner)} or {self.constant}"


def _operand(metric: "Metric") -> str:
    return f"({metric})" if isinstance(metric, NumberOperation | OrConstant) else str(metric)


Metric: TypeAlias = RangeAggregation | VectorAggregation | NumberOperation | OrConstant
Query: TypeAlias = LogQuery | Metric | Constant
