"""Images lose only what their service can do without, and the check of the composed platform removes what it made."""

import os
import runpy
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from logloop_analyzer.model import langchain_chat

from scripts.compose_check.stack import IMAGES, Stack

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent
needs_strip = pytest.mark.skipif(not shutil.which("strip"), reason="binutils is not installed")


def installed(package: str) -> Path:
    spec = find_spec(package)
    assert spec
    assert spec.origin
    return Path(spec.origin).parent


def trim(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{BIN}:{os.environ['PATH']}"}
    return subprocess.run([ROOT / "docker/trim", folder], capture_output=True, text=True, env=environment, timeout=60)


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@needs_strip
def test_trimmed_packages_are_smaller_and_still_work(tmp_path: Path) -> None:
    for package in ("uvloop", "zstandard"):
        shutil.copytree(installed(package), tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "uvloop/tests").mkdir()
    before = size(tmp_path)
    done = trim(tmp_path)
    assert done.returncode == 0, done.stderr
    assert size(tmp_path) < before / 4
    assert not (tmp_path / "uvloop/tests").exists()
    program = (
        "import asyncio, uvloop, zstandard\n"
        "assert zstandard.decompress(zstandard.compress(b'text')) == b'text'\n"
        "print(uvloop.run(asyncio.sleep(0, uvloop.__file__)), zstandard.__file__)"
    )
    environment = {"PYTHONPATH": str(tmp_path)}
    used = subprocess.check_output([sys.executable, "-c", program], text=True, env=environment, timeout=60)
    assert used.split() == [str(tmp_path / "uvloop/__init__.py"), str(tmp_path / "zstandard/__init__.py")]


@needs_strip
def test_the_build_of_an_image_fails_if_a_library_lacks_another(tmp_path: Path) -> None:
    [library] = installed("pyarrow").glob("libarrow_acero.so.*")
    shutil.copy(library, tmp_path)
    done = trim(tmp_path)
    assert done.returncode != 0
    assert "cannot open shared object file" in done.stderr


def test_the_image_of_the_analyzer_imports_the_package_of_each_provider() -> None:
    imported = runpy.run_path(str(ROOT / "docker/load.py"))["_LOADED_BY_NAME_IN_ANALYZER"]
    assert {package for package, _ in langchain_chat._CHAT_MODELS.values()} <= set(imported)


@pytest.fixture
def docker_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a `docker` in place that records its calls, has one image of each run, and fails to remove containers."""
    calls = tmp_path / "calls"
    program = tmp_path / "docker"
    program.write_text(
        f"""#!/bin/sh
echo "$LOGLOOP_VERSION: $*" >> {calls}
case "$*" in
    *" down "*) echo "network has active endpoints" >&2; exit 1 ;;
    "image ls "*) echo "logloop-ingest:$LOGLOOP_VERSION" ;;
esac
"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return calls


def test_two_checks_on_one_engine_have_different_images(docker_calls: Path) -> None:
    first, second = Stack(), Stack()
    first.build()
    second.build()
    tags = [line.split(":")[0] for line in docker_calls.read_text().splitlines()]
    assert (len(tags), len(set(tags))) == (2 * len(IMAGES), 2)


def test_what_a_check_cannot_remove_is_reported_and_the_rest_is_removed(docker_calls: Path) -> None:
    problems = Stack().remove()
    assert "network has active endpoints" in problems[0]
    assert problems[1].startswith("left over: logloop-ingest:")
    assert "image rm logloop-ingest:" in docker_calls.read_text()
