#!/usr/bin/env bash
# Builds the wheel of every member into dist/, installs the one that users install into an environment outside the
# workspace, and runs its tests there.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=$PWD/.tools/python/bin/uv
outside=$(mktemp -d)
trap 'rm -rf "$outside"' EXIT

rm -rf dist
for member in packages/* services/*; do
    "$uv" build --quiet --wheel --out-dir dist "$member"
done

"$uv" venv --quiet --python .venv/bin/python "$outside/venv"
# The versions of the lock, but none of the workspace's own paths.
sed -n 's/^\([A-Za-z0-9_.-]\+==[^ ;\\]*\).*/\1/p' requirements.lock >"$outside/constraints.txt"
VIRTUAL_ENV="$outside/venv" "$uv" pip install --quiet --constraint "$outside/constraints.txt" \
    dist/logloop-*.whl dist/logloop_contracts-*.whl pytest pytest-asyncio pytest-timeout hypothesis mypy ruff

mkdir -p "$outside/tests/unit"
cp -r tests/unit/logloop "$outside/tests/unit"
cp pyproject.toml "$outside"
cd "$outside"
venv/bin/logloop --help >/dev/null
# The profile "ci" of Hypothesis has no time limit for an example, which a busy machine would exceed.
venv/bin/python -m pytest -q -p no:cacheprovider --hypothesis-profile=ci tests
