"""Makes the commits of the failing suite in a git repository, and runs its tests on each of them.

usage: play.py [FOLDER]    FOLDER: where to make the repository; it must not exist (default: a temporary folder)
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
_TAGS = 'print(",".join({"new", "sale"}))'


def main() -> None:
    """Run the tests on a working commit and on a broken one, and once without the database."""
    with tempfile.TemporaryDirectory() as temporary, socket.create_server(("127.0.0.1", 0)) as database:
        shop = Path(sys.argv[1] if len(sys.argv) > 1 else Path(temporary, "shop"))
        shutil.copytree(HERE, shop, ignore=shutil.ignore_patterns("play.py", "*.patch", "__pycache__"))
        ordered, unordered = hash_seed("new,sale"), hash_seed("sale,new")
        address = f"127.0.0.1:{database.getsockname()[1]}"
        git(shop, "init", "--quiet", "--initial-branch", "main")
        commit(shop, "A slow provider is replaced")
        for number in (1, 2, 3):
            run_tests(shop, f"working-{number}", address, ordered)
        run_tests(shop, "working-4", address, unordered)
        git(shop, "apply", str(HERE / "regression.patch"))
        commit(shop, "One provider per order")
        for number in (1, 2):
            run_tests(shop, f"broken-{number}", address, ordered)
        run_tests(shop, "no-database-1", "127.0.0.1:1", ordered)


def hash_seed(tags: str) -> str:
    """Return a seed with which Python keeps a set of two tags in the given order."""
    for seed in map(str, range(100)):
        environ = {**os.environ, "PYTHONHASHSEED": seed}
        found = subprocess.run([sys.executable, "-c", _TAGS], env=environ, check=True, capture_output=True, text=True)
        if found.stdout.strip() == tags:
            return seed
    raise RuntimeError(f"no hash seed gives the order {tags}")


def commit(shop: Path, message: str) -> None:
    """Commit all files."""
    git(shop, "add", "--all")
    git(shop, "-c", "user.name=Shop", "-c", "user.email=shop@example.org", "commit", "--quiet", "--message", message)


def git(folder: Path, *arguments: str) -> None:
    """Run git without the user's configuration."""
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", *arguments], cwd=folder, env=environ, check=True)


def run_tests(shop: Path, run_id: str, database: str, hash_seed: str) -> None:
    """Run the tests once and report them to Logloop. Failures are expected."""
    print(f"== {run_id}", flush=True)
    environ = {**os.environ, "SHOP_DATABASE": database, "PYTHONHASHSEED": hash_seed, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "--tb=no", "-p", "no:cacheprovider", "--logloop"]
    subprocess.run([*command, "--logloop-run-id", run_id, "tests"], cwd=shop, env=environ, check=False)


if __name__ == "__main__":
    main()
