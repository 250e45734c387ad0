PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help demo check test test-servers bench screenshots clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(STAMP)

demo: $(STAMP) ## Open the two panes on the embedded S3 with two accounts
	$(BIN)/xs3-tui --demo

check: $(STAMP) ## Lint, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(STAMP) ## Every test that needs only Python packages
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile -m 'not server and not bench'

test-servers: $(STAMP) ## Tests against Ceph's radosgw and MiniStack, which it installs and boots
	tests/servers/install.sh
	$(BIN)/python -m pytest -m server

bench: $(STAMP) ## Measurements against peers in the same run; never pass/fail
	$(BIN)/python -m pytest -m bench -s

screenshots: $(STAMP) ## Write screenshots/*.svg from the running demo
	$(BIN)/python -m tests.ui.screenshots

clean: ## Remove what was made
	rm -rf $(VENV) tests/servers/run dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
