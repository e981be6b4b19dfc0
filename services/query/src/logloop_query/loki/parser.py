"""Parses LogQL. What is not supported is refused with a sentence that names it."""

import functools
import re
from typing import Any, cast

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken, VisitError

from logloop_query.loki.errors import BadLogQL
from logloop_query.loki.numbers import ARITHMETIC
from logloop_query.loki.range_functions import checked
from logloop_query.loki.syntax_tree import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Constant,
    Drop,
    Grouping,
    LabelFilter,
    LineFilter,
    LogQuery,
    Matcher,
    Metric,
    NumberOperation,
    OrConstant,
    Parser,
    Query,
    RangeAggregation,
    Unwrap,
    VectorAggregation,
)
from logloop_query.loki.times import duration_ns

MAX_LENGTH = 5_000
MAX_NESTING = 20
MAX_OPERATIONS = 50

_GRAMMAR = r"""
?start: log_query | expression

log_query: selector stage*
         | "(" log_query ")" -> grouped
selector: "{" [matcher ("," matcher)* [","]] "}"
matcher: NAME MATCH_OP STRING
       | NAME NOT_OP STRING

?stage: line_filter | "|" parser | "|" label_filter | "|" drop | "|" unwrap
line_filter: LINE_OP STRING ("or" STRING)*
           | NOT_OP STRING ("or" STRING)*
parser: "json" -> json
      | "logfmt" -> logfmt
drop: "drop" NAME ("," NAME)*
unwrap: "unwrap" NAME
      | "unwrap" CONVERSION "(" NAME ")" -> unwrap_converted

label_filter: any_of
?any_of: all_of ("or" all_of)*
?all_of: condition (("and" | ",") condition)*
?condition: matcher
          | NAME COMPARE_OP NUMBER -> comparison
          | NAME NOT_OP NUMBER -> comparison
          | NAME MATCH_OP NUMBER -> comparison
          | "(" any_of ")"

?expression: compared | expression "or" compared -> or_constant
?compared: sum | compared (COMPARE_OP | NOT_OP) [BOOL] sum -> compare
?sum: product | sum SUM_OP product -> calculate
?product: power | product PRODUCT_OP power -> calculate
?power: atom | atom POWER_OP power -> calculate
?atom: range_aggregation | vector_aggregation | "(" expression ")"
     | "vector" "(" NUMBER ")" -> vector
     | NUMBER -> number
range_aggregation: RANGE_FUNCTION "(" [NUMBER ","] log_query RANGE ["offset" DURATION] ")" [grouping]
vector_aggregation: VECTOR_FUNCTION [grouping] "(" [NUMBER ","] expression ")" [grouping]
grouping: GROUP_OP "(" [NAME ("," NAME)*] ")"

RANGE_FUNCTION.2: /(((count|bytes|absent|sum|avg|min|max|stddev|stdvar|quantile)_over_time)|rate|bytes_rate)(?=\s*\()/
CONVERSION.2: /(duration_seconds|duration|bytes)(?=\s*\()/
VECTOR_FUNCTION.2: /(sum|min|max|avg|count|stddev|stdvar|topk|bottomk)(?=\s*(\(|by\b|without\b))/
GROUP_OP: "by" | "without"
LINE_OP: "|=" | "|~" | "!~"
NOT_OP: "!="
MATCH_OP: "=~" | "!~" | "="
SUM_OP: "+" | "-"
PRODUCT_OP: "*" | "/" | "%"
POWER_OP: "^"
BOOL: "bool"
COMPARE_OP: "==" | ">=" | "<=" | ">" | "<"
DURATION: /-?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d|w|y))+/
RANGE: /\[[^\]]*\]/
NAME: /[a-zA-Z_][a-zA-Z0-9_]*/
NUMBER: /-?\d+(\.\d+)?([eE][+-]?\d+)?(?![\w.])/
STRING: /"(\\.|[^"\\\n])*"/ | /`[^`]*`/
%ignore /[ \t\r\n]+/
%ignore /#[^\n]*/
"""

_UNSUPPORTED = {
    "regexp": "use a line filter such as |~, or a field",
    "pattern": "use a line filter such as |~, or a field",
    "unpack": "fields are unpacked when logs arrive",
    "line_format": "lines are shown as they are",
    "label_format": "labels keep their names",
    "decolorize": "escape sequences are not shown",
    "keep": "use sum by (…)",
    "ip": "use =~ with a regular expression",
    "on": "it joins two queries",
    "ignoring": "it joins two queries",
    "group_left": "it joins two queries",
    "unless": "it combines two queries",
    "label_replace": "labels keep their names",
}
_FUNCTIONS = (
    "rate, bytes_rate, count_over_time and bytes_over_time, absent, sum, avg, min, max, stddev, stdvar and "
    "quantile with _over_time, and sum, min, max, avg, count, stddev, stdvar, topk and bottomk"
)
_STAGE_AT_END = re.compile(r"\|\s*(\w+)\s*$")
_WORD = re.compile(r"[a-zA-Z_]\w*|\|>|!>|--\w+|[<>=!]=|.", re.DOTALL)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
_ESCAPES = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    '"': '"',
    "'": "'",
}


def parse_logql(text: str) -> Query:
    """Return the tree of a query. Raises BadLogQL."""
    if len(text) > MAX_LENGTH:
        raise BadLogQL(f"a query may have at most {MAX_LENGTH} characters")
    if max(text.count("("), text.count("{")) > MAX_NESTING:
        raise BadLogQL(f"a query may have at most {MAX_NESTING} parentheses")
    try:
        found = cast("Query", _Builder().transform(_lark().parse(text)))
    except VisitError as error:
        raise BadLogQL(str(error.orig_exc)) from error
    except UnexpectedInput as error:
        raise BadLogQL(_refusal(text, error)) from error
    except RecursionError:
        raise BadLogQL("the query has too many parts") from None
    if isinstance(found, LogQuery) and found.unwrap:
        raise BadLogQL("'unwrap' takes values for a function around it, such as avg_over_time(… | unwrap took [5m])")
    return found


def parse_log_query(text: str) -> LogQuery:
    """Return the tree of a query that selects logs. Raises BadLogQL for one that counts them."""
    found = parse_logql(text)
    if not isinstance(found, LogQuery):
        raise BadLogQL('this needs a query that selects logs, such as {service_name="cart"}, and not a metric')
    return found


@functools.cache
def _lark() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", maybe_placeholders=True)


def _refusal(text: str, error: UnexpectedInput) -> str:
    at = error.pos_in_stream if error.pos_in_stream is not None else len(text)
    if isinstance(error, UnexpectedEOF) or (isinstance(error, UnexpectedToken) and error.token.type == "$END"):
        return _unsupported_stage(text) or "the query is incomplete; something is missing at its end"
    found = _WORD.match(text, at)
    word = found[0] if found else text[at : at + 1]
    return _named_refusal(text, at, word) or _general_refusal(text, at, error)


def _named_refusal(text: str, at: int, word: str) -> str | None:
    """Return the refusal of a part of LogQL that is known and not supported."""
    where = f"at character {at + 1}"
    unsupported = _unsupported_stage(text[:at])
    if unsupported is not None:
        return unsupported
    before = _STAGE_AT_END.search(text[:at])
    if word in _UNSUPPORTED:
        return f"{word!r} {where} is not supported; {_UNSUPPORTED[word]}"
    if word.startswith("--"):
        return f"the flag {word} {where} is not supported; leave it out"
    if before and before[1] in {"json", "logfmt"}:
        return f"{before[1]} takes no arguments here ({where}); it gives every field its own name"
    if text[max(0, at - 1) : at + 1] in {"|>", "!>"} or word in {"|>", "!>"}:
        return f"pattern filters (|> and !>, {where}) are not supported; use |~ with a regular expression"
    if word == ")" and re.search(r"(?:_over_time|rate)\s*\([^\[]*$", text[:at]):
        return f"a range such as [5m] is missing {where}"
    return None


def _unsupported_stage(text: str) -> str | None:
    """Return the refusal of a stage at the end of a text if it is known and not supported."""
    found = _STAGE_AT_END.search(text)
    if found is None or found[1] not in _UNSUPPORTED:
        return None
    return f"{found[1]!r} at character {found.start(1) + 1} is not supported; {_UNSUPPORTED[found[1]]}"


def _general_refusal(text: str, at: int, error: UnexpectedInput) -> str:
    where = f"at character {at + 1}"
    found = _WORD.match(text, at)
    word = found[0] if found else ""
    if re.match(r"\w+\s*(by\s*)?\(", text[at:]):
        return f"the function {word!r} {where} is not supported; supported are {_FUNCTIONS}"
    if re.search(r"\boffset\s+$", text[:at]):
        return f"offset takes a duration such as 1h30m, not {text[at : at + 20]!r} ({where})"
    if re.match(r"-?[\d.]+[a-zA-Zµ]", text[at:]):
        return f"durations and sizes in label filters ({where}) are not supported; compare with a plain number"
    if re.match(r"[-+*/%^]|[<>=!]=|[<>]|and\b|or\b", text[at:]):
        return f"{word!r} {where} is not supported there: queries are combined with numbers only"
    kind = "character" if isinstance(error, UnexpectedCharacters) else "text"
    return f'unexpected {kind} {text[at : at + 20]!r} {where}; a query is {{label="value"}} with filters after it'


def unquoted(text: str) -> str:
    """Return the content of a quoted text. Raises BadLogQL for an unknown escape."""
    inner = text[1:-1]
    return inner if text[0] == "`" else _ESCAPE.sub(_unescaped, inner)


def _unescaped(match: re.Match[str]) -> str:
    what = match[1]
    if what in _ESCAPES:
        return _ESCAPES[what]
    try:
        if what[0] in "xuU" and len(what) > 1:
            return chr(int(what[1:], 16))
        if len(what) == 3:
            return chr(int(what, 8))
    except (ValueError, OverflowError):
        pass
    raise BadLogQL(f"invalid escape \\{what} in a quoted text; write regular expressions in `backticks`")


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """Turns the tree of the grammar into the syntax tree."""

    def STRING(self, token: Token) -> str:  # noqa: N802  # named as in the grammar
        return unquoted(token)

    def log_query(self, matchers: tuple[Matcher, ...], *stages: Any) -> LogQuery:
        return LogQuery(matchers, stages)

    def grouped(self, query: LogQuery) -> LogQuery:
        return query

    def selector(self, *matchers: Any) -> tuple[Matcher, ...]:
        return tuple(item for item in matchers if isinstance(item, Matcher))

    def matcher(self, label: Token, op: Token, value: str) -> Matcher:
        return Matcher(str(label), cast("Any", str(op)), value)

    def line_filter(self, op: Token, *values: str) -> LineFilter:
        return LineFilter(cast("Any", str(op)), values)

    def json(self) -> Parser:
        return Parser("json")

    def logfmt(self) -> Parser:
        return Parser("logfmt")

    def drop(self, *labels: Token) -> Drop:
        return Drop(tuple(map(str, labels)))

    def unwrap(self, label: Token) -> Unwrap:
        return Unwrap(str(label))

    def unwrap_converted(self, conversion: Token, label: Token) -> Unwrap:
        return Unwrap(str(label), cast("Any", str(conversion)))

    def label_filter(self, condition: Condition) -> LabelFilter:
        return LabelFilter(condition)

    def any_of(self, *parts: Condition) -> Condition:
        return AnyOf(parts)

    def all_of(self, *parts: Condition) -> Condition:
        return AllOf(parts)

    def comparison(self, label: Token, op: Token, number: Token) -> Comparison:
        if op in {"=~", "!~"}:
            raise BadLogQL(f"{op} needs a regular expression in quotes, not the number {number}")
        return Comparison(str(label), cast("Any", "==" if op == "=" else str(op)), str(number))

    def range_aggregation(
        self,
        function: Token,
        number: Token | None,
        logs: LogQuery,
        range_: Token,
        offset: Token | None,
        grouping: Grouping | None,
    ) -> RangeAggregation:
        text, moved = range_[1:-1].strip(), str(offset or "")
        try:
            length = duration_ns(text)
            offset_ns = duration_ns(moved.removeprefix("-")) if moved else 0
        except ValueError as error:
            raise BadLogQL(f"{error}, in {range_[:40]} {moved[:40]}".rstrip()) from error
        offset_ns = -offset_ns if moved.startswith("-") else offset_ns
        parameter = None if number is None else float(number)
        return checked(
            RangeAggregation(cast("Any", str(function)), logs, length, text, offset_ns, moved, parameter, grouping)
        )

    def grouping(self, op: Token, *labels: Token | None) -> Grouping:
        return Grouping(tuple(str(label) for label in labels if label is not None), without=op == "without")

    def vector_aggregation(
        self,
        function: Token,
        before: Grouping | None,
        number: Token | None,
        inner: Metric | Constant,
        after: Grouping | None,
    ) -> VectorAggregation:
        if isinstance(inner, Constant):
            raise BadLogQL(f"{function} takes a query, and {inner} is a number")
        if before is not None and after is not None:
            raise BadLogQL(f"{function} has two groupings; write one of them")
        if (function in {"topk", "bottomk"}) != (number is not None):
            takes = "a number and a query" if number is None else "a query only"
            raise BadLogQL(f"{function} takes {takes}")
        if number is not None and not (number.isdigit() and 0 < int(number) <= 1_000):
            raise BadLogQL(f"the first argument of {function} is a whole number from 1 to 1000")
        count = None if number is None else int(number)
        return VectorAggregation(cast("Any", str(function)), inner, before or after, count)

    def vector(self, token: Token) -> Constant:
        return Constant(float(token), f"vector({token})", is_vector=True)

    def number(self, token: Token) -> Constant:
        return Constant(float(token), str(token))

    def calculate(self, left: Metric | Constant, op: Token, right: Metric | Constant) -> Metric | Constant:
        if not (isinstance(left, Constant) and isinstance(right, Constant)):
            return _operation(str(op), left, right)
        if op in {"/", "%"} and not right.value:
            raise BadLogQL("division by zero")
        value = ARITHMETIC[op](left.value, right.value)
        return Constant(value, f"({left}) {op} ({right})", left.is_vector or right.is_vector)

    def compare(
        self, left: Metric | Constant, op: Token, is_bool: Token | None, right: Metric | Constant
    ) -> NumberOperation:
        return _operation(str(op), left, right, is_bool=is_bool is not None)

    def or_constant(self, left: Metric | Constant, right: Metric | Constant) -> OrConstant:
        if isinstance(left, Constant) or not (isinstance(right, Constant) and right.is_vector):
            raise BadLogQL("'or' is supported between a query and a number only, as in sum(…) or vector(0)")
        return OrConstant(_not_too_deep(left), right)


def _operation(
    op: str, left: Metric | Constant, right: Metric | Constant, *, is_bool: bool = False
) -> NumberOperation:
    """Return an operation of a metric with a number. Raises BadLogQL for two metrics or two numbers."""
    number, metric = (left, right) if isinstance(left, Constant) else (right, left)
    if isinstance(metric, Constant):
        raise BadLogQL(f"{op!r} compares two numbers; compare a query with a number")
    if not isinstance(number, Constant) or number.is_vector:
        raise BadLogQL(f"{op!r} joins two queries, which is not supported; one side must be a number, such as 60")
    return NumberOperation(cast("Any", op), _not_too_deep(metric), number, number is left, is_bool)


def _not_too_deep(metric: Metric) -> Metric:
    """Return a metric. Raises BadLogQL if it is nested too deeply."""
    depth, inner = 0, metric
    while not isinstance(inner, RangeAggregation):
        depth, inner = depth + 1, inner.inner
    if depth > MAX_OPERATIONS:
        raise BadLogQL(f"a query may have at most {MAX_OPERATIONS} operations")
    return metric
