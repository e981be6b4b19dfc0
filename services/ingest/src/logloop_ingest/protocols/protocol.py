"""What an intake protocol consists of: where it listens, how it reads a body, and how it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from logloop_chassis.http.problems import Problem

from logloop_ingest.accept import Result
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.entries import Entries


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request without its body, as a protocol sees it.

    Names of headers are in lower case. `now_us` is the server's time in microseconds since 1970.
    """

    path: str
    path_parameters: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    now_us: int

    @property
    def media_type(self) -> str:
        """The Content-Type without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request in the form of its protocol."""

    status: int
    body: bytes = b""
    media_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Translate = Callable[[Envelope, bytes, Limits], Entries]
"""Returns the entries of a decompressed body. Raises a Problem when nothing in it can be read."""
Refused = Callable[[Envelope, Problem, bytes | None], Answer]
"""Returns the answer to a request of which nothing was accepted."""


class Parts(Protocol):
    """Divides a body while it arrives."""

    @property
    def size(self) -> int:
        """Bytes that are kept."""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the parts that are complete with these bytes. Raises a Problem."""

    def finish(self) -> bytes:
        """Return the last part, which may be empty."""


@dataclass(frozen=True, slots=True)
class IntakeProtocol:
    """A protocol over HTTP. `name` is a label of metrics.

    `accepted` answers when the broker has confirmed all entries that were not rejected. `refused` answers when no
    entry of the request was accepted. Both get the decompressed body as well; `refused` gets None if it was not read.
    """

    name: str
    paths: tuple[str, ...]
    translate: Translate
    accepted: Callable[[Envelope, Result, bytes], Answer]
    refused: Refused
    methods: tuple[str, ...] = ("POST",)
    answers_each_entry: bool = False
    """`accepted` says which entries were rejected, even if none was accepted."""
    content_encoding: Callable[[Envelope, bytes], str] = field(
        default=lambda envelope, _body: envelope.headers.get("content-encoding", "")
    )
    """Returns the encoding of a body, which some clients state wrongly or not at all."""
    parts: Callable[[Limits], Parts] | None = None
    """Divides bodies of any size, which are accepted in parts while they arrive. The answer names the first rejected
    entry only, and its body is empty. Compressed bodies are not divided."""
    key_in_first_line: Callable[[bytes], str | None] | None = None
    """Returns the key in the first line of a body, for requests that have none elsewhere; None if it has none."""


@dataclass(frozen=True, slots=True)
class FixedAnswer:
    """A request that clients make before or between those with logs, such as a check of the server's version."""

    paths: tuple[str, ...]
    answer: Callable[[Envelope, bytes], Answer]
    methods: tuple[str, ...] = ("GET",)
    needs_key: bool = True
    refused: Refused | None = None
    """How a refusal is answered; without it as a problem document. It gets no body."""
