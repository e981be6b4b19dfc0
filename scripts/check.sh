#!/usr/bin/env bash
# Runs every check that needs no running service. All of them run, even after a failure.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
export PATH="$PWD/.venv/bin:$PWD/.tools/node/bin:$PATH"

failed=()

check() {
    local name=$1 started=$SECONDS output
    shift
    if output=$("$@" 2>&1 </dev/null); then
        printf '  ok    %-12s %3d s\n' "$name" $((SECONDS - started))
    else
        printf '  FAIL  %-12s %3d s   (%s)\n%s\n' "$name" $((SECONDS - started)) "$*" "$output"
        failed+=("$name")
    fi
}

mapfile -t shell_files < <(git ls-files '*.sh' .ci/run docker/check-ready docker/trim)
mapfile -t dockerfiles < <(git ls-files 'docker/*.Dockerfile')
mapfile -t yaml_files < <(git ls-files '*.yml' '*.yaml')
mapfile -t workflows < <(git ls-files '.github/workflows/*.yml' 'examples/workflows/*.yml')

check format ruff format --check .
check lint ruff check .
check types mypy packages services tests scripts benchmarks
check imports lint-imports
check sizes python scripts/sizes.py
check dependencies scripts/dependencies.sh
check contracts python scripts/contracts.py --check
check web npm --prefix web run --silent check
check web-tests npm --prefix web run --silent test
check actionlint actionlint -shellcheck= -pyflakes= "${workflows[@]}"
check zizmor zizmor --offline --quiet --no-progress "${workflows[@]}"
check conditions logloop ci lint --offline "${workflows[@]}"
check yaml yamllint --strict "${yaml_files[@]}"
check compose check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
check dockerfile hadolint "${dockerfiles[@]}"
check shell shellcheck "${shell_files[@]}"

if [ ${#failed[@]} -gt 0 ]; then
    printf 'failed: %s\n' "${failed[*]}"
    exit 1
fi
