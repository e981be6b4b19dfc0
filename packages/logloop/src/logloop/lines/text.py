"""Turns bytes into text, and removes what terminals and broken files add: colours, NULs, overwritten text."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

_ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movement, erasing
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC and other strings: titles, links
    r"|\x1b[ -/]*[0-~]"
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
_STRUCK_TWICE = re.compile(r"_\x08(?=.)|(.)\x08(?=\1)")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 512


class Encoding(NamedTuple):
    """How a file is encoded: Python's name, the bytes of a line feed, and the length of the BOM at its start."""

    name: str = "utf-8"
    newline: bytes = b"\n"
    bom: int = 0

    @property
    def width(self) -> int:
        """Bytes of the smallest character."""
        return len(self.newline)


UTF_8 = Encoding()


def detect(head: bytes) -> Encoding:
    """Return the encoding that the first bytes show by a BOM, or by NULs at every other place; else UTF-8."""
    for bom, name in _BOMS:
        if head.startswith(bom):
            return Encoding(name, "\n".encode(name), len(bom))
    sample = head[:_SAMPLE]
    even, odd = sample[0::2], sample[1::2]
    if len(sample) >= 8 and odd.count(0) > 0.7 * len(odd) and even.count(0) < 0.1 * len(even):
        return Encoding("utf-16-le", b"\n\0", 0)
    if len(sample) >= 8 and even.count(0) > 0.7 * len(even) and odd.count(0) < 0.1 * len(odd):
        return Encoding("utf-16-be", b"\0\n", 0)
    return UTF_8


def split_lines(data: bytes, encoding: Encoding) -> tuple[list[bytes], bytes]:
    """Return the complete lines of data without their line feeds, and the rest. `data` starts at a character."""
    if encoding.width == 1:
        *complete, rest = data.split(b"\n")
        return complete, rest
    complete, start, search = [], 0, 0
    while (found := data.find(encoding.newline, search)) >= 0:
        if found % encoding.width:
            search = found + 1
            continue
        complete.append(data[start:found])
        start = search = found + encoding.width
    return complete, data[start:]


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    bad = error.object[error.start : error.end]
    try:
        return bad.decode("cp1252"), error.end
    except UnicodeDecodeError:
        return bad.decode("latin-1"), error.end


codecs.register_error("logloop-latin-1", _as_latin_1)


def decode(raw: bytes, encoding: Encoding = UTF_8) -> str:
    """Return a line as text without its line ending. Bytes that are not UTF-8 are read as Latin-1 (Windows-1252)."""
    if encoding.width == 1:
        return raw.decode("utf-8", "logloop-latin-1").rstrip("\r\n").removeprefix("\ufeff")
    return raw.decode(encoding.name, "replace").rstrip("\r\n").removeprefix("\ufeff")


def decode_lines(raws: list[bytes], encoding: Encoding = UTF_8) -> list[str]:
    """Return lines as text, each as `decode` returns it. UTF-8 is decoded in one go, which is faster."""
    if encoding.width != 1:
        return [decode(raw, encoding) for raw in raws]
    text = b"\n".join(raws).decode("utf-8", "logloop-latin-1")
    lines = text.split("\n")
    if "\r" in text or "\ufeff" in text:
        return [line.rstrip("\r\n").removeprefix("\ufeff") for line in lines]
    return lines


def clean(line: str) -> tuple[str, str]:
    """Return the line as a terminal shows it, without escape sequences and NULs, and the text that was overwritten.

    A program that draws its progress returns to the start of the line with CR. The last text is the line.
    """
    if line.isprintable():
        return line, ""
    line = line.rstrip("\r\n")
    if "\x00" in line:
        line = line.replace("\x00", "")
    if "\x1b" in line or "\x9b" in line:
        line = _ESCAPE.sub("", line)
    if "\x08" in line:
        line = _STRUCK_TWICE.sub("", line).replace("\x08", "")
    line = line.removeprefix("\ufeff")
    if "\r" not in line:
        return line, ""
    *before, last = [part for part in line.split("\r") if part.strip()] or [""]
    return last, "\n".join(before)
