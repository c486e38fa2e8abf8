# Every target sets up what it needs; nothing has to be installed by hand first.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
export VENV
# Never the production fleet: make only ever works on this machine.
export ANSIBLE_INVENTORY := inventory/local
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Some images forbid it, and then every start compiles what it imports anew: seconds a playbook.
unexport PYTHONDONTWRITEBYTECODE
PROFILE ?= quick

.DEFAULT_GOAL := help
.PHONY: help setup benchmark dashboard screenshots test test-all lint lock mlflow-ui schema clean lab lab-down lab-demo

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.base: requirements/bootstrap.txt requirements/base.txt pyproject.toml
	@scripts/setup.sh base
	@touch $@

$(VENV)/.dev: requirements/bootstrap.txt requirements/dev.txt pyproject.toml
	@scripts/setup.sh dev
	@touch $@ $(VENV)/.base $(VENV)/.dashboard

# What the dashboard is made of is kept out of what measuring needs.
$(VENV)/.dashboard: $(VENV)/.base requirements/dashboard.txt
	@scripts/setup.sh dashboard
	@touch $@

setup: $(VENV)/.base $(VENV)/.dashboard ## Create .venv from the hash-locked requirements

benchmark: $(VENV)/.base ## Measure this machine (PROFILE=quick|standard|full)
	@scripts/benchmark.sh -e profile=$(PROFILE) $(ARGS)

mlflow-ui: $(VENV)/.base ## Look at the results of this checkout in MLflow, http://127.0.0.1:5000
	@scripts/mlflow-ui.sh

dashboard: $(VENV)/.dashboard ## Look at the results of this checkout, http://127.0.0.1:8050 (PORT=8051 for another)
	@$(BIN)/vttbench dashboard --port $(or $(PORT),8050) $(ARGS)

screenshots: $(VENV)/.dashboard ## Take the pictures of the dashboard in docs/images anew (needs Chromium)
	@$(BIN)/python scripts/screenshots.py

lab: $(VENV)/.base ## Start the laboratory: ms01, framework-desktop and four emulated laptops on this machine (root)
	@$(BIN)/python -m tests.lab up
	@$(BIN)/python -m tests.emulated_windows up

lab-down: $(VENV)/.base ## Take the laboratory away, hosts and network
	@$(BIN)/python -m tests.emulated_windows down
	@$(BIN)/python -m tests.lab down

lab-demo: $(VENV)/.base ## Deploy the results server in the laboratory, measure a client there, show the results
	@scripts/lab-demo.sh $(ARGS)

lint: $(VENV)/.dev ## ruff, mypy --strict, yamllint, ansible-lint, shellcheck
	@scripts/lint.sh

test: $(VENV)/.dev lint ## Set up and pass the tests, half an hour
	@$(BIN)/pytest $(PYTEST_ARGS)

test-all: $(VENV)/.dev lint ## The same and every role, restore drill and fault in the laboratory, an hour more
	@$(BIN)/pytest -m "" $(PYTEST_ARGS)

schema: $(VENV)/.base ## Write docs/schema from the code
	@$(BIN)/python scripts/write_schema.py

lock: $(VENV)/.base ## Resolve requirements/*.in anew into requirements/*.txt
	@scripts/lock.sh
