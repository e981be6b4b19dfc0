"""Arguments that several tools share."""

from typing import Annotated

from pydantic import Field

ProjectId = Annotated[
    str | None,
    Field(description="The project. May be omitted when the API key belongs to one project.", max_length=64),
]
SearchText = Annotated[
    str,
    Field(
        max_length=4096,
        description="Search in Lucene syntax; empty: every log. A space means AND; AND, OR and NOT are capital "
        'letters. Examples: `severity:>=warn service:cart "connection refused" -debug`, '
        "`word:7f3a9c11` (a whole word; fast for ids), `attributes.http.status:502`, "
        '`test:"a.py::test_b"`, `pattern:"took <*> ms"`, '
        "`/time(d )?out/`, `_exists_:test_id`.",
    ),
]
Since = Annotated[
    str, Field(max_length=40, description="Start, inclusive: an age such as 15m, 2h or 7d, or RFC 3339.")
]
Until = Annotated[str, Field(max_length=40, description="End, exclusive: an age, RFC 3339, or now.")]
Rows = Annotated[int, Field(ge=1, le=200, description="Maximum number of rows.")]
Cursor = Annotated[str | None, Field(max_length=500, description="`next_cursor` of the page before.")]
