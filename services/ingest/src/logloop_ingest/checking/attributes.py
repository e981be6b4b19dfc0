"""Turns the attributes of many entries into one column of JSON text: compact, with sorted keys.

The logs of a service often repeat a few sets of attributes. Each of them is then parsed and encoded once.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from orjson import OPT_SORT_KEYS, dumps

from logloop_ingest.checking.errors import NotUniform
from logloop_ingest.limits import Limits

Attributes = dict[str, Any] | None

_DECODER = msgspec.json.Decoder(list[Attributes])
_SAMPLE = 64
_NUL = b"\0"


def decoded(raw: Sequence[msgspec.Raw | bytes]) -> list[Attributes]:
    """Return the attributes of JSON texts. Raises ValueError or RecursionError for what are not attributes."""
    return _DECODER.decode(b"[" + b",".join(raw) + b"]")


def texts_of(raw: Sequence[msgspec.Raw]) -> list[bytes]:
    """Return JSON texts as bytes, at a third of the cost of a call for each. Raises ValueError if one has a NUL."""
    if not raw:
        return []
    texts = _NUL.join(raw).split(_NUL)
    if len(texts) != len(raw):
        raise ValueError("JSON text has no NUL")
    return texts


def attribute_texts(values: Sequence[Any], limits: Limits) -> Any:
    """Return the stored text of attributes; null where there are none. `values` are all `Attributes` or all Raw.

    Raises NotUniform for attributes that break a limit or may break one, TypeError for those that cannot be encoded,
    and what `decoded` raises.
    """
    if not isinstance(values[0], msgspec.Raw):
        return _encoded_once(values, limits)
    sample = values[:_SAMPLE]
    if 2 * len(set(map(bytes, sample))) > len(sample):
        return _encoded(decoded(values), limits)
    repeated = pa.array(texts_of(values), pa.binary()).dictionary_encode()
    texts = _encoded(decoded(repeated.dictionary.to_pylist()), limits)
    return texts.take(repeated.indices)


def _encoded_once(values: Sequence[Attributes], limits: Limits) -> Any:
    """Return the text of attributes; those that are the same object are encoded once."""
    ids = list(map(id, values))
    distinct = dict(zip(ids, values, strict=True))
    if 2 * len(distinct) > len(values):
        return _encoded(values, limits)
    places = dict(zip(distinct, range(len(distinct)), strict=True))
    indices = pa.array([places[identity] for identity in ids], pa.int32())
    return _encoded([*distinct.values()], limits).take(indices)


def _encoded(values: Sequence[Attributes], limits: Limits) -> Any:
    # Decoding each text at once frees orjson's large buffer: three times as fast as a list of its bytes.
    texts = [dumps(value, option=OPT_SORT_KEYS).decode() if value else None for value in values]
    array = pa.array(texts, pa.utf8())
    if array.null_count == len(array):
        return array
    _require(max(map(len, filter(None, values))) <= limits.attribute_keys)
    content = bytes(array.buffers()[2])
    _require(b"\\u0000" not in content)  # as orjson writes NUL
    if content.count(b"{") > len(array) - array.null_count or b"[" in content:
        _require_depth(array, limits.attribute_depth, least_per_level=2 if b"[" in content else 5)
    return array


def _require(condition: bool) -> None:
    if not condition:
        raise NotUniform


def _require_depth(array: Any, depth: int, *, least_per_level: int) -> None:
    """Require that no JSON text is nested deeper. A level takes at least `[]` or `{"":}`, and one opening bracket."""
    if pc.max(pc.binary_length(array)).as_py() > depth * least_per_level:
        openings = (text.count("{") + text.count("[") for text in array.to_pylist() if text)
        _require(max(openings) <= depth)
