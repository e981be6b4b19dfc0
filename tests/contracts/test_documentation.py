"""Every file and folder that the documentation names exists."""

import re
import subprocess
from pathlib import Path

import pytest
from logloop.lines.formats import TABLE

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/*/README.md")]
)
_NAME = re.compile(r"`([\w.-]+(?:/[\w.-]+)*(?:\.(?:py|md|sh|toml|yml|json|js|ts|tsx|css|html)|/))`")
_PACKAGE = re.compile(r"^(?:services|packages)/([\w-]+)/src/\w+/")


def tracked() -> set[str]:
    """Every tracked path, in full and as the documents shorten it: `query/logs/persister.py`."""
    paths = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return {form for path in paths for form in (path, _PACKAGE.sub(r"\1/", path))}


def names_in(text: str) -> set[str]:
    """The file and folder names between backticks; URLs and commands are not among them."""
    return set(_NAME.findall(text))


def exists(name: str, paths: set[str]) -> bool:
    if name.endswith("/"):
        return any(f"/{name}" in f"/{path}" for path in paths)
    return any(f"/{path}".endswith(f"/{name}") for path in paths)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    paths = tracked()

    missing = sorted(name for name in names_in(document.read_text()) if not exists(name, paths))

    assert not missing, f"{document.relative_to(ROOT)} names files that do not exist: {', '.join(missing)}"


def test_a_file_that_does_not_exist_is_noticed() -> None:
    paths = {"services/query/src/logloop_query/logs/persister.py", "query/logs/persister.py"}

    assert names_in("see `logs/persister.py`, `query/logs/` and `--flag`") == {"logs/persister.py", "query/logs/"}
    assert exists("persister.py", paths)
    assert exists("query/logs/persister.py", paths)
    assert exists("query/logs/", paths)
    assert not exists("persist.py", paths)
    assert not exists("sister.py", paths)
    assert not exists("query/log/", paths)


@pytest.mark.parametrize("document", ["reliability.md", "emulation.md"])
def test_every_test_that_a_table_names_exists(document: str) -> None:
    text = (ROOT / "docs" / document).read_text()
    in_one_file = re.search(r"Tests without a file name are in `(tests/[\w/]+\.py)`", text)
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)
    named += [(in_one_file[1], name) for name in re.findall(r"`(test_\w+)`", text)] if in_one_file else []
    assert len(named) > 10

    missing = [f"{file}::{name}" for file, name in named if f"def {name}(" not in (ROOT / file).read_text()]

    assert not missing


def test_the_page_of_formats_names_them_all() -> None:
    names = set(re.findall(r"[\w-]+", (ROOT / "docs/formats.md").read_text()))
    assert {entry.name for entry in TABLE} - names == set()
