"""Reads a file of results. Its format is recognised by its content when none is given."""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePath

from logloop.results import go_json, jest_json, junit, tap
from logloop.results.model import MAX_BYTES, InvalidResults, Results

FORMATS = ("junit", "tap", "go", "jest")
_SAMPLE = 64 * 1024
_TAP = re.compile(rb"^(?:TAP version 1[34]|1\.\.\d+|(?:not )?ok\b|Bail out!)", re.MULTILINE)
_GO = re.compile(rb'^\{.*"Action":', re.MULTILINE)
_JEST = re.compile(rb'"(?:testResults|numTotalTests|numTotalTestSuites)"\s*:')


def read_file(path: Path, format_name: str | None = None) -> tuple[bytes, Results]:
    """Return the content of a file and its results. Raises InvalidResults, OSError."""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InvalidResults(f"{path} is larger than {MAX_BYTES // 2**20} MiB; split it")
    try:
        return data, read(data, format_name)
    except InvalidResults as error:
        raise InvalidResults(f"{path}: {error}") from error


def read(data: bytes, format_name: str | None = None, folder: PurePath | None = None) -> Results:
    """Return the results in the content of a file. Raises InvalidResults.

    `folder` (default: the working directory) shortens absolute paths of test files.
    """
    name = format_name or recognise(data)
    if name == "jest":
        return jest_json.read(data, folder or Path.cwd())
    readers = {"junit": junit.read, "tap": tap.read, "go": go_json.read}
    if name not in readers:
        raise InvalidResults(f"{name!r} is not a format; use {', '.join(FORMATS)}")
    return readers[name](data)


def recognise(data: bytes) -> str:
    """Return the format of a file. Raises InvalidResults."""
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<") or data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "junit"
    sample = text[:_SAMPLE]
    if _GO.search(sample):
        return "go"
    if text.startswith(b"{") and (_JEST.search(sample) or _has_test_results(text)):
        return "jest"
    if _TAP.search(sample):
        return "tap"
    raise InvalidResults(f"the format is not recognised; name it with --format {'|'.join(FORMATS)}")


def _has_test_results(data: bytes) -> bool:
    try:
        report = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(report, dict) and "testResults" in report
