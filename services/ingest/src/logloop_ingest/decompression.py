"""Decompresses gzip, deflate, zstd and snappy bodies and rejects decompression bombs."""

import zlib
from collections.abc import Iterator

import pyarrow as pa
import zstandard
from logloop_chassis.http.problems import BadRequest, TooLarge, UnsupportedMedia

from logloop_ingest.limits import Limits

ENCODINGS = ("gzip", "deflate", "zstd", "snappy", "identity")

_OUTPUT_STEP = 1 << 20
_INPUT_STEP = 1 << 16
# A zstd block of 4 bytes may expand to 128 KiB, and the decompressor has no output limit: small steps bound a bomb.
_ZSTD_INPUT_STEP = 512
_ZSTD_MAX_WINDOW = 1 << 23
# Snappy has no more than 64 bytes of output for three bytes of input.
_SNAPPY_RATIO = 22
_SNAPPY_SIZE_BYTES = 5


def decompress(body: bytes, encoding: str, limits: Limits) -> bytes:
    """Return the body without its Content-Encoding.

    Raises UnsupportedMedia for an encoding other than `ENCODINGS`, BadRequest for invalid or truncated data, TooLarge
    as soon as the output exceeds `limits.request_bytes` or the ratio.
    """
    name = encoding.strip().lower().removeprefix("x-")
    if name in {"", "identity"}:
        return body
    if name == "gzip":
        pieces = _inflate(body, zlib.MAX_WBITS | 16)
    elif name == "deflate":
        # HTTP defines deflate as zlib, but some clients send the raw stream.
        pieces = _inflate(body, zlib.MAX_WBITS if is_zlib(body) else -zlib.MAX_WBITS)
    elif name == "zstd":
        pieces = _zstd(body)
    elif name == "snappy":
        pieces = _snappy(body, limits)
    else:
        raise UnsupportedMedia(f"Content-Encoding {encoding[:40]!r} is not supported; use one of gzip, zstd, deflate")
    try:
        return _collect(pieces, limits)
    except (zlib.error, zstandard.ZstdError, pa.ArrowException, OSError) as error:
        raise BadRequest(f"the body is not valid {name}: {error}") from error


def _collect(pieces: Iterator[tuple[int, bytes]], limits: Limits) -> bytes:
    parts, size = [], 0
    for consumed, piece in pieces:
        size += len(piece)
        _require_size(size, limits)
        if size > limits.ratio_free_bytes and size > limits.ratio * consumed:
            raise TooLarge(
                f"the body is more than {limits.ratio} times larger than its compressed form; send smaller requests"
            )
        parts.append(piece)
    return b"".join(parts)


def _require_size(size: int, limits: Limits) -> None:
    if size > limits.request_bytes:
        raise TooLarge(
            f"a request may have {limits.request_bytes} bytes after decompression; send several smaller requests"
        )


def is_zlib(body: bytes) -> bool:
    """Return whether a body begins like zlib data."""
    return len(body) >= 2 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0


def _inflate(body: bytes, wbits: int) -> Iterator[tuple[int, bytes]]:
    """Yield (bytes consumed at most so far, output). A gzip body may have several members (RFC 1952)."""
    engine, consumed = zlib.decompressobj(wbits), 0
    for start in range(0, len(body), _INPUT_STEP):
        data = body[start : start + _INPUT_STEP]
        consumed += len(data)
        while data:
            if engine.eof:
                if wbits != zlib.MAX_WBITS | 16:
                    raise zlib.error("data after the end of the stream")
                engine = zlib.decompressobj(wbits)
            yield consumed, engine.decompress(data, _OUTPUT_STEP)
            data = engine.unused_data if engine.eof else engine.unconsumed_tail
    yield consumed, engine.flush()
    if not engine.eof:
        raise zlib.error("the stream is truncated")


def _zstd(body: bytes) -> Iterator[tuple[int, bytes]]:
    decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_MAX_WINDOW)
    engine, consumed = decompressor.decompressobj(), 0
    for start in range(0, len(body), _ZSTD_INPUT_STEP):
        data = body[start : start + _ZSTD_INPUT_STEP]
        consumed += len(data)
        while data:
            if engine.eof:
                engine = decompressor.decompressobj()
            yield consumed, engine.decompress(data)
            data = engine.unused_data if engine.eof else b""
    if not engine.eof:
        raise zstandard.ZstdError("the stream is truncated")


def _snappy(body: bytes, limits: Limits) -> Iterator[tuple[int, bytes]]:
    """Yield the content of a block, which begins with its size in groups of seven bits, the lowest ones first."""
    size = 0
    for position, byte in enumerate(body[:_SNAPPY_SIZE_BYTES]):
        size |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            break
    else:
        raise pa.ArrowInvalid("it does not begin with its size")
    _require_size(size, limits)
    if size > _SNAPPY_RATIO * len(body):
        raise pa.ArrowInvalid("it states a wrong size")  # so much memory would be taken before that is found
    yield len(body), bytes(pa.decompress(body, decompressed_size=size, codec="snappy"))
