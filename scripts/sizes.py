"""Refuses product files over 400 lines and functions over 60 lines.

`python scripts/sizes.py`; exits 1 and names each file and function that is too long.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

MAX_FILE = 400
MAX_FUNCTION = 60
_PRODUCT = ("packages/*/src/*.py", "services/*/src/*.py", "benchmarks/*.py", "scripts/*.py")


def violations(path: str, source: str) -> Iterator[str]:
    """Yield one sentence for the file and for each function that is longer than its limit."""
    lines = source.count("\n")
    if lines > MAX_FILE:
        yield f"{path}: {lines} lines; split it by subject (limit {MAX_FILE})"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION:
                yield f"{path}:{node.lineno}: {node.name} has {length} lines; split it (limit {MAX_FUNCTION})"


def main() -> None:
    """Check every product file that git tracks."""
    listed = subprocess.run(["git", "ls-files", *_PRODUCT], capture_output=True, text=True, check=True).stdout.split()
    found = [
        violation for path in listed if Path(path).exists() for violation in violations(path, Path(path).read_text())
    ]
    sys.stdout.write("".join(f"{violation}\n" for violation in found))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
