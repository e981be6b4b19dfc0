"""Compressed bodies are decompressed, and bombs are rejected."""

import gzip
import random
import tracemalloc
import zlib
from collections.abc import Callable

import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from logloop_chassis.http.problems import BadRequest, Problem, TooLarge, UnsupportedMedia
from logloop_ingest.decompression import decompress
from logloop_ingest.limits import Limits

LIMITS = Limits()


def raw_deflate(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def snappy(data: bytes) -> bytes:
    return bytes(pa.compress(data, codec="snappy", asbytes=True))


def zstd_streamed(data: bytes) -> bytes:
    """Compress without the content size in the header."""
    engine = zstandard.ZstdCompressor().compressobj()
    return engine.compress(data) + engine.flush()


CODECS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("GZIP", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("zstd", zstd),
    ("zstd", zstd_streamed),
    ("snappy", snappy),
]


@pytest.mark.parametrize(("name", "compress"), CODECS)
@given(data=st.binary(max_size=5000), times=st.integers(1, 40))
def test_decompression_reverses_compression(
    name: str, compress: Callable[[bytes], bytes], data: bytes, times: int
) -> None:
    assert decompress(compress(data * times), name, LIMITS) == data * times


@pytest.mark.parametrize(("name", "compress"), [("gzip", gzip.compress), ("zstd", zstd)])
def test_a_body_may_have_several_frames(name: str, compress: Callable[[bytes], bytes]) -> None:
    assert decompress(compress(b"one ") + compress(b"two"), name, LIMITS) == b"one two"


@pytest.mark.parametrize(("name", "compress"), [codec for codec in CODECS if codec[0] != "snappy"])
def test_a_bomb_is_rejected_before_it_expands(name: str, compress: Callable[[bytes], bytes]) -> None:
    bomb = compress(b"\0" * (200 * 2**20))
    assert len(bomb) < 300_000
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            decompress(bomb, name, LIMITS)
        assert tracemalloc.get_traced_memory()[1] < 40 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("name", "compress"), CODECS)
def test_output_is_limited_whatever_the_ratio(name: str, compress: Callable[[bytes], bytes]) -> None:
    body = compress(random.Random(1).randbytes(3 * 2**20))
    with pytest.raises(TooLarge, match="1048576 bytes"):
        decompress(body, name, Limits(request_bytes=2**20))


@pytest.mark.parametrize("stated", [30 * 2**20, 40 * 2**20])
def test_a_snappy_block_that_states_a_large_size_takes_no_memory(stated: int) -> None:
    size = b"".join(bytes([stated >> 7 * n & 0x7F | 0x80]) for n in range(4)) + b"\0"
    tracemalloc.start()
    before = pa.total_allocated_bytes()
    try:
        with pytest.raises((TooLarge, BadRequest), match=r"bytes after decompression|wrong size"):
            decompress(size + b"x" * 100, "snappy", LIMITS)
        assert tracemalloc.get_traced_memory()[1] < 2**20
        assert pa.total_allocated_bytes() == before
    finally:
        tracemalloc.stop()


def test_a_huge_window_is_rejected() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    body = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    with pytest.raises(Problem):
        decompress(body.compress(b"x" * 2**20) + body.flush(), "zstd", LIMITS)


@pytest.mark.parametrize(("name", "compress"), CODECS)
def test_truncated_and_invalid_bodies_are_rejected(name: str, compress: Callable[[bytes], bytes]) -> None:
    body = compress(b"some log lines " * 50)
    for wrong in (body[:-3], body[: len(body) // 2], b"", body + b"junk", b"not compressed"):
        with pytest.raises(BadRequest):
            decompress(wrong, name, LIMITS)


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "zstd", "snappy"]))
def test_any_bytes_give_data_or_a_problem(body: bytes, name: str) -> None:
    try:
        assert isinstance(decompress(body, name, LIMITS), bytes)
    except Problem as problem:
        assert problem.status in {400, 413}  # noqa: PT017  # one of two valid outcomes


@pytest.mark.parametrize("name", ["br", "gzip, gzip", "compress", "nonsense"])
def test_other_encodings_are_rejected(name: str) -> None:
    with pytest.raises(UnsupportedMedia, match="gzip, zstd, deflate"):
        decompress(b"{}", name, LIMITS)
