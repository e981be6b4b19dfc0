# Each target sets up what it needs and may be run again at any time. ARGS go to the program behind it.
.DEFAULT_GOAL := help
.PHONY: help up test coverage check wheels compose-check clients bench bench-web bench-causes kill-run contracts web demo lock
PY := .venv/bin/python
# Compiled bytecode is kept, outside the source tree. Without it, each process compiles all libraries when it starts.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.tools/bytecode
# Tests wait for other processes half of their time, so there are two more workers than cores, up to six.
WORKERS := $(shell cores=$$(nproc); echo $$((cores < 4 ? cores + 2 : 6)))

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: ## set up what is missing and start the platform; Ctrl-C stops it and keeps the data
	@scripts/setup.sh up
	@exec .venv/bin/logloop up $(ARGS)

test: ## run all tests: unit, contracts, real, system, fundamentals, browser
	@scripts/setup.sh test
	@$(PY) -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: ## check format, lint, types, imports, dependencies, sizes, generated files, workflows and images
	@scripts/setup.sh check
	@scripts/check.sh

coverage: ## measure the coverage of the unit and contract tests and those of ci-bridge; fails if it falls
	@scripts/setup.sh test
	@$(PY) -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder --cov --cov-report=term:skip-covered tests/unit tests/contracts tests/real/ci_bridge $(ARGS)

wheels: ## build all wheels, install one outside the workspace and test it there
	@scripts/setup.sh lock
	@scripts/wheels.sh

compose-check: ## build the images; start, use, scale, break and remove the platform of docker-compose.yml; needs Docker
	@scripts/setup.sh check
	@$(PY) -m scripts.compose_check

clients: ## play refusals and outages with clients of other platforms; ARGS="--write" writes the table of docs/clients.md
	@scripts/setup.sh test
	@PATH="$$PWD/.tools/node/bin:$$PATH" $(PY) -m tests.system.clients $(ARGS)

bench: ## benchmark against one document per log; ARGS=--json prints one JSON object as the last line
	@scripts/setup.sh up
	@$(PY) -m benchmarks $(ARGS)

bench-web: ## measure the web app in a real browser, beside an empty page; ARGS as for bench
	@scripts/setup.sh up
	@$(PY) -m benchmarks.web $(ARGS)

bench-causes: ## measure how often an analysis finds the faulty service; ARGS=<folder of the Nezha data set>
	@scripts/setup.sh check
	@$(PY) -m benchmarks.analysing.causes $(ARGS)

kill-run: ## kill and freeze every part while 1,000,000 numbered logs are sent; takes about 15 minutes
	@scripts/setup.sh up
	@$(PY) -m tests.system.faults.kill_run $(ARGS)

contracts: ## regenerate the schemas and docs/messages.md from the channel map
	@scripts/setup.sh check
	@$(PY) scripts/contracts.py

web: ## start the platform without sign-in to look at the page
	@scripts/setup.sh up
	@exec .venv/bin/logloop up --no-auth $(ARGS)

demo: ## show the whole loop on real input in the terminal
	@scripts/setup.sh up
	@exec .venv/bin/logloop demo $(ARGS)

lock: ## write requirements.lock; ARGS=--upgrade takes the newest versions
	@scripts/setup.sh lock
	@scripts/lock.sh $(ARGS)
