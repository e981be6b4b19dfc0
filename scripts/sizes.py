"""Refuses Python files over 400 lines, functions over 60 lines, and component files of the web app over 250 lines.

`python scripts/sizes.py`; exits 1 and names each file and function that is too long.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

MAX_FILE = 400
MAX_FUNCTION = 60
MAX_COMPONENT = 250
_PRODUCT = ("packages/*/src/*.py", "services/*/src/*.py", "benchmarks/*.py", "scripts/*.py")
_COMPONENTS = ("web/src/*.tsx", ":!web/src/*.test.tsx")


def too_long(path: str, source: str, limit: int) -> Iterator[str]:
    """Yield a sentence if the file is longer than its limit."""
    lines = source.count("\n")
    if lines > limit:
        yield f"{path}: {lines} lines; split it by subject (limit {limit})"


def long_functions(path: str, source: str) -> Iterator[str]:
    """Yield one sentence for each Python function that is longer than the limit."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION:
                yield f"{path}:{node.lineno}: {node.name} has {length} lines; split it (limit {MAX_FUNCTION})"


def tracked(*patterns: str) -> Iterator[tuple[str, str]]:
    """Yield path and text of each file that git tracks."""
    listed = subprocess.run(["git", "ls-files", "--", *patterns], capture_output=True, text=True, check=True).stdout
    for path in listed.split():
        if Path(path).exists():
            yield path, Path(path).read_text()


def main() -> None:
    """Check every product file."""
    found: list[str] = []
    for path, source in tracked(*_PRODUCT):
        found += [*too_long(path, source, MAX_FILE), *long_functions(path, source)]
    for path, source in tracked(*_COMPONENTS):
        found += too_long(path, source, MAX_COMPONENT)
    sys.stdout.write("".join(f"{violation}\n" for violation in found))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
