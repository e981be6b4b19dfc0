#!/usr/bin/env bash
# Writes requirements.lock. Locked versions stay as they are, as far as the dependencies allow it.
#   scripts/lock.sh --upgrade    take the newest versions instead
set -euo pipefail
cd "$(dirname "$0")/.."

uv=$PWD/.tools/python/bin/uv
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

git ls-files -co --exclude-standard -- 'pyproject.toml' 'packages/*/pyproject.toml' 'services/*/pyproject.toml' |
    xargs cp --parents -t "$copy"
if [ "${1:-}" != --upgrade ]; then
    # uv reads constraints from the workspace's own table only, so they go into the copy. They keep their conditions:
    # some packages are locked in one version for each Python.
    pins=$(sed -n 's/^\([A-Za-z0-9_.-]\+==[^\\]*[^ \\]\).*/    "\1",/p' requirements.lock)
    awk -v pins="$pins" '{ print } /^\[tool\.uv\]$/ { print "constraint-dependencies = [\n" pins "\n]" }' \
        "$copy/pyproject.toml" >"$copy/pinned.toml"
    mv "$copy/pinned.toml" "$copy/pyproject.toml"
fi
cd "$copy"
"$uv" lock --quiet
"$uv" export --quiet --frozen --all-groups --no-emit-workspace --no-annotate --no-header --output-file requirements.lock
cp requirements.lock "$OLDPWD/requirements.lock"
