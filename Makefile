# `make help` lists the commands. Each one makes .venv itself; Python >= 3.11 with venv, git and make are enough.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help venv test test-long lint bench demo clean

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# One stamp for what users install, one for what developers add; both are older than pyproject.toml when it changed.
RUN_STAMP := .venv/.installed
DEV_STAMP := .venv/.installed-dev

# The first Python that is new enough and can make a venv with pip in it. `make PYTHON=/path/to/python3` overrides it.
PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13 python3.14; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

venv: $(DEV_STAMP) ## make .venv with everything a developer needs

test: $(DEV_STAMP) ## run the tests (minutes)
	$(BIN)/pytest -n auto --dist loadgroup $(ARGS)

test-long: $(DEV_STAMP) ## run the tests that take long
	$(BIN)/pytest -n auto --dist loadgroup -m long --timeout=900 $(ARGS)

lint: $(DEV_STAMP) ## check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(DEV_STAMP) ## measure what is claimed about speed
	$(BIN)/python -m benchmarks $(ARGS)
	$(BIN)/python -m benchmarks.throughput --runs 2000 $(THROUGHPUT_ARGS)
	$(BIN)/python -m benchmarks.monitor $(MONITOR_ARGS)
	$(BIN)/python -m benchmarks.guard

demo: $(RUN_STAMP) ## launch, extract and verify a real experiment in a scratch folder
	$(BIN)/python examples/demo.py $(ARGS)

clean: ## remove .venv and everything that was built
	rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "autolab needs Python 3.11 or newer with venv (Debian: apt-get install python3-venv)." \
		"Name another with: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "making .venv with $$($(PYTHON) --version)"
	@rm -rf .venv
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

$(RUN_STAMP): pyproject.toml | $(BIN)/python
	@echo "installing autolab into .venv"
	@$(PIP) --editable .
	@touch $@

$(DEV_STAMP): pyproject.toml | $(BIN)/python
	@echo "installing autolab and its development tools into .venv"
	@$(PIP) --editable '.[dev]'
	@touch $(RUN_STAMP) $@
