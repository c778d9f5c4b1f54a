# Everything a person or a machine does with a clone of this repository.
# `make` alone lists the targets. Nothing here needs Docker, an account or a configuration file.

VENV   := .venv
PY     := $(VENV)/bin/python
DATA   ?= var
BENCH  ?=
PYTEST ?=
# Test files run side by side, each process with services of its own; more than four only wait for the disk.
JOBS   ?= $(shell n=$$(nproc 2>/dev/null || echo 1); echo $$(( n > 4 ? 4 : n )))

# Stamps lie inside the virtual environment, so that removing it removes them too.
RUNTIME := $(VENV)/.installed-runtime
DEVELOP := $(VENV)/.installed-develop
DEBIAN  := $(VENV)/.installed-debian
ASCMHL  := $(VENV)/.installed-ascmhl

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-develop demo up test lint bench soak matrix lock clean

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(RUNTIME) ## Install what the product needs into .venv

setup-develop: $(DEVELOP) $(DEBIAN) $(ASCMHL) ## Install what tests, lint and benches need besides

demo: $(RUNTIME) ## Start everything, dock a sample recorder card, print sign-in links (Ctrl-C stops)
	@$(PY) -m liuhen demo --data $(DATA)

up: $(RUNTIME) ## Start the one-machine system and stay in the foreground (Ctrl-C stops)
	@$(PY) -m liuhen up --data $(DATA)

test: setup-develop lint ## Lint, then the whole test suite except its long forms (PYTEST="…" adds arguments)
	@$(PY) -m pytest -m "not slow" --numprocesses=$(JOBS) --dist=loadfile --no-loadscope-reorder $(PYTEST)

lint: $(DEVELOP) ## Style, format, types, who may import whom, known vulnerabilities of what is pinned
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(PY) scripts/audit.py --done $(VENV)/.audited

bench: setup-develop ## Measure side by side with other tools; prints ratios (BENCH="…" adds arguments)
	@$(PY) -m bench $(BENCH)

soak: setup-develop ## The long forms of the test suites, with a virtual machine for the USB plug where it can be had
	@sh scripts/usb-machine.sh || echo "The tests with a USB plug skip themselves."
	@$(PY) -m pytest -m slow --timeout=7200 $(PYTEST)

matrix: setup-develop ## Ask every route as everybody; what differs from the reviewed table becomes a proposal (maintainers)
	@$(PY) -m pytest -q tests/web/access/test_matrix.py

lock: $(DEVELOP) ## Pin requirements/*.in again, with hashes (maintainers)
	@sh scripts/lock.sh

clean: ## Remove the environment, caches and build results; recordings under var/ stay
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info
	@find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

$(RUNTIME): requirements/runtime.txt pyproject.toml scripts/setup.sh scripts/apt.sh
	@sh scripts/setup.sh $(VENV) requirements/runtime.txt
	@touch $@

$(DEVELOP): requirements/develop.txt $(RUNTIME)
	@sh scripts/setup.sh $(VENV) requirements/develop.txt
	@touch $@

$(DEBIAN): requirements/debian.txt scripts/apt.sh | $(RUNTIME)
	@sh scripts/apt.sh $$(sed 's/#.*//' requirements/debian.txt)
	@touch $@

$(ASCMHL): requirements/ascmhl.txt scripts/tool.sh | $(RUNTIME)
	@sh scripts/tool.sh $(VENV) ascmhl
	@touch $@
