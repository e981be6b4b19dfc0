"""Endpoints that count logs by field, and that list the attributes to count by."""

from typing import Annotated, Any

import pyarrow.compute as pc
from fastapi import APIRouter, Query, Response
from logloop_chassis.http.parameters import problems
from logloop_chassis.http.problems import Unprocessable
from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from logloop_query.http.dependencies import CurrentLogSearch
from logloop_query.http.logs.counts import COST_EXAMPLE, Counted, cost
from logloop_query.http.logs.parameters import ReadableLogs, SearchCaller
from logloop_query.http.logs.search import json_response
from logloop_query.logs.search.counting.sums import most_frequent
from logloop_query.logs.search.language.attribute_fields import TOO_LONG, is_attribute, is_too_long

router = APIRouter(prefix="/api/v1/logs", tags=["logs"])

MAX_FIELDS = 10
Facet = Annotated[
    str, StringConstraints(pattern=r"^(severity|service_id|test_id|func_id|source|attributes\.[^\x00]+)$")
]
_FACETS_EXAMPLE: dict[str, JsonValue] = {
    "total": 3,
    "fields": {
        "severity": [{"value": "error", "count": 3}],
        "attributes.http.status": [{"value": "502", "count": 2}, {"value": None, "count": 1}],
    },
    **COST_EXAMPLE,
}
_NAMES_EXAMPLE: dict[str, JsonValue] = {
    "items": [{"name": "http.status", "count": 812}],
    "logs": 1_200,
    "exact": True,
    **COST_EXAMPLE,
}


class FacetValue(BaseModel):
    """The number of logs with a value; null stands for logs without the field."""

    value: str | None
    count: int


class Facets(Counted):
    """The most frequent values of fields."""

    model_config = ConfigDict(json_schema_extra={"examples": [_FACETS_EXAMPLE]})

    total: int
    fields: dict[str, list[FacetValue]] = Field(examples=[_FACETS_EXAMPLE["fields"]])


class AttributeName(BaseModel):
    """An attribute that occurs in logs."""

    name: str = Field(description="Search for it as `attributes.<name>`.", examples=["http.status"])
    count: int = Field(description="Number of logs with it among `logs`.", examples=[812])


class AttributeNameList(Counted):
    """Attributes of logs, the most frequent first."""

    model_config = ConfigDict(json_schema_extra={"examples": [_NAMES_EXAMPLE]})

    items: list[AttributeName]
    logs: int = Field(description="Number of logs whose attributes were read.")
    exact: bool = Field(
        description="True when all selected logs were read. Otherwise the counts are those of a sample from the "
        "whole time range, and rare attributes may be missing."
    )


@router.get(
    "/facets",
    summary="Count logs by field",
    operation_id="log_facets",
    response_model=Facets,
    responses=problems(404),
)
async def log_facets(
    logs: ReadableLogs,
    search: CurrentLogSearch,
    caller: SearchCaller,
    fields: Annotated[
        list[Facet] | None,
        Query(
            max_length=MAX_FIELDS,
            description="Fields to count by: severity, service_id, test_id, func_id, source, or `attributes.<name>` "
            "as in a search. severity and service_id are fastest.",
            examples=[["severity", "attributes.http.status"]],
        ),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Maximum number of values per field.")] = 20,
) -> Response:
    """List the most frequent values of fields in the logs that a search selects.

    The counts are exact: those of a field add up to the total. A log counts for one value of an attribute: the first
    one of a list, and null for an object. Values are texts of at most 1,000 characters.
    """
    asked = list(dict.fromkeys(fields or ["severity", "service_id"]))
    if any(is_attribute(name) and is_too_long(name) for name in asked):
        raise Unprocessable(TOO_LONG, errors=[{"field": "fields", "reason": TOO_LONG}])
    async with search.counting("facets", caller) as (counter, budget):
        refs = await counter.refs(logs.narrowed())
        counted = await counter.by_each(logs, asked, refs)
    found = {name: _values(counts.table, limit) for name, counts in counted.items()}
    partial = next((counts.partial for counts in counted.values() if counts.partial), None)
    total = pc.sum(counted[asked[0]].table.column("count")).as_py() or 0
    return json_response({"total": total, "fields": found, **cost(partial, budget)})


def _values(table: Any, limit: int) -> list[dict[str, Any]]:
    return [{"value": value, "count": count} for value, count in most_frequent(table, limit)]


@router.get(
    "/attributes",
    summary="List attributes",
    operation_id="log_attribute_list",
    response_model=AttributeNameList,
    responses=problems(404),
)
async def log_attribute_list(
    logs: ReadableLogs,
    search: CurrentLogSearch,
    caller: SearchCaller,
    limit: Annotated[int, Query(ge=1, le=1000, description="Maximum number of attributes.")] = 100,
) -> Response:
    """List the names of attributes in the logs that a search selects, and how many logs have each.

    Nested names are joined with dots. Of many logs, a sample is read.
    """
    found, budget = await search.attribute_names(logs, caller)
    ordered = sorted(found.names.items(), key=lambda item: (-item[1], item[0]))[:limit]
    items = [{"name": name, "count": count} for name, count in ordered]
    return json_response({"items": items, "logs": found.logs, "exact": found.exact, **cost(found.partial, budget)})
