"""Remembers what resources, scopes and the attributes of records in protobuf become: requests repeat them."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from logloop_ingest.protocols.otlp.protobuf_types import RECORD_ATTRIBUTES
from logloop_ingest.protocols.otlp.records import attributes_of_origin, pair_of, take_fields, take_service
from logloop_ingest.protocols.translation.memory import Memory
from logloop_ingest.protocols.translation.values import json_number

_MAX_PAIRS = 16_384
_MAX_PAIR_BYTES = 256
"""The size of an attribute up to which it is remembered: at most 4 MiB in all."""


Pairs = Callable[[bytes], Iterable[tuple[str, Any]]]
"""Returns the attributes of a record, named by `pair_of`."""


class Shared(NamedTuple):
    """What records of an origin with the same attributes have in common. The attributes are never changed."""

    test_id: str | None
    func_id: str | None
    source: str | None
    attributes: dict[str, Any]


class Origin(dict[bytes, Shared]):
    """A resource and a scope: what they give to a record with these attributes, which are as they were sent."""

    def __init__(
        self,
        resource: dict[str, Any],
        scope_name: str,
        scope_version: str,
        scope: dict[str, Any],
        pairs: Pairs,
        memory: Memory[Any],
    ) -> None:
        super().__init__()
        self.service_id = take_service(resource)
        self._attributes = attributes_of_origin(resource, scope_name, scope_version, scope)
        self._pairs = pairs
        self._memory = memory

    def __missing__(self, encoded: bytes) -> Shared:
        attributes = self._attributes.copy()
        attributes.update(self._pairs(encoded))
        shared = Shared(*take_fields(attributes), attributes)
        if self._memory.admits(encoded):
            self[encoded] = shared
        return shared


_ORIGINS: Memory[Origin] = Memory()


def origin_of(resource: bytes, scope: bytes) -> Origin:
    """Return the origin of records. Raises DecodeError."""
    return _ORIGINS.owner((resource, scope), len(resource) + len(scope), lambda: _origin(resource, scope))


def _origin(resource: bytes, scope: bytes) -> Origin:
    attributes = _attributes(Resource.FromString(resource).attributes)
    found = InstrumentationScope.FromString(scope)
    return Origin(attributes, found.name, found.version, _attributes(found.attributes), _pairs, _ORIGINS)


def _pairs(encoded: bytes) -> Iterable[tuple[str, Any]]:
    return map(_pair_of, RECORD_ATTRIBUTES.FromString(encoded).attributes)


def _decoded_pair(encoded: bytes) -> tuple[str, Any]:
    """Return the name and value of a KeyValue. Callers must not change the value, which may be shared."""
    pair = KeyValue.FromString(encoded)
    return pair_of(pair.key, value_of(pair.value))


_known_pair = lru_cache(_MAX_PAIRS)(_decoded_pair)


def _pair_of(encoded: bytes) -> tuple[str, Any]:
    return _known_pair(encoded) if len(encoded) <= _MAX_PAIR_BYTES else _decoded_pair(encoded)


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: value_of(pair.value) for pair in pairs}


def value_of(value: Any) -> Any:
    """Return an AnyValue as a JSON value; bytes become hexadecimal digits."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [value_of(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    if kind == "bytes_value":
        return value.bytes_value.hex()
    if kind == "double_value":
        return json_number(value.double_value)
    return getattr(value, kind)
