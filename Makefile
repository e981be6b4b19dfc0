# Each target sets up what it needs and may be run again at any time. ARGS go to the program behind it.
.DEFAULT_GOAL := help
.PHONY: help up test check bench contracts web demo lock
PY := .venv/bin/python
export PYTHONDONTWRITEBYTECODE := 1

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: ## set up what is missing and start the platform; Ctrl-C stops it and keeps the data
	@scripts/setup.sh up
	@exec .venv/bin/logloop up $(ARGS)

test: ## every ring of tests: unit, contracts, real, system, fundamentals
	@scripts/setup.sh test
	@$(PY) -m pytest -q -n auto --maxprocesses 4 --dist loadfile $(ARGS)

check: ## format, lint, types, import direction, generated files, workflows, images, shell
	@scripts/setup.sh check
	@scripts/check.sh

bench: ## measure against one document per log; ARGS=--json for one JSON object as the last line
	@scripts/setup.sh up
	@$(PY) -m benchmarks $(ARGS)

contracts: ## generate schemas and docs/messages.md from the channel map again
	@scripts/setup.sh check
	@$(PY) scripts/contracts.py

web: ## look at the page the gateway serves: plain files, so there is nothing to build
	@scripts/setup.sh up
	@exec .venv/bin/logloop up --no-auth $(ARGS)

demo: ## the whole loop on real input, shown in the terminal
	@scripts/setup.sh up
	@exec .venv/bin/logloop demo $(ARGS)

lock: ## resolve dependencies again and write requirements.lock
	@scripts/setup.sh lock
	@.tools/python/bin/uv lock --quiet
	@.tools/python/bin/uv export --quiet --frozen --all-groups --no-emit-workspace --no-annotate --no-header --output-file requirements.lock
