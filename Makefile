PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Tests wait for processes and timers half of their time: three times as many workers as processors keep those busy.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) \* 3)
PYTEST := $(BIN)/python -m pytest --workers $(WORKERS) --durations 10 $(if $(SHUFFLE),--shuffle $(SHUFFLE))
PLAIN := not server and not bench and not dist
# Each worker boots servers of its own.
SERVER_WORKERS ?= 3
QUICK := --hypothesis-profile quick -m '$(PLAIN) and not thorough'
BANDIT := $(BIN)/bandit --quiet --recursive --configfile pyproject.toml tui

# Each process that a test starts would compile the product and what it needs again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo check test test-all test-rest coverage test-servers test-aws test-aws-clean bench bench-tests simulate fuzz soak mutants audit screenshots verification reference dist docs clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(STAMP)

demo: $(STAMP) ## Open the two panes on the embedded S3 with two accounts
	$(BIN)/xs3-tui --demo

# An environment from before these were among its tools has neither yet.
$(BIN)/vulture $(BIN)/bandit &: | $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'

check: $(STAMP) $(BIN)/vulture $(BIN)/bandit ## Lint, types, import rules, unused code and bandit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BANDIT)

test: $(STAMP) ## What breaks first when something breaks (SHUFFLE=SEED: in a random order)
	$(PYTEST) $(QUICK)

test-all: $(STAMP) ## Every test that needs only Python packages
	$(PYTEST) -m '$(PLAIN)'

test-rest: $(STAMP) ## Of `make test-all` what `make test` leaves out, and properties with more examples
	$(PYTEST) -m '$(PLAIN) and (thorough or hypothesis)'

coverage: $(STAMP) ## As `make test-all`, then which lines and branches no test reaches, by file
	$(PYTEST) -m '$(PLAIN)' --cov --cov-report term:skip-covered

test-servers: $(STAMP) ## Tests against Ceph's radosgw and MiniStack, which it installs and boots
	tests/servers/install.sh
	$(BIN)/python -m pytest --workers $(SERVER_WORKERS) --durations 10 -m server

# What both targets hand on; without A, B and REGION they say how they are called.
AWS = $(if $(and $(A),$(B),$(REGION)),,$(error make $@ A=PROFILE B=PROFILE REGION=us-east-1))$(BIN)/python -m tests.aws_account \
	--a '$(A)' --b '$(B)' --region '$(REGION)' $(if $(ENDPOINT),--endpoint '$(ENDPOINT)') $(if $(YES),--yes)

test-aws: $(STAMP) ## In two AWS accounts: says what it makes and costs, asks, removes all (A=profile B=profile REGION=us-east-1 BATCH=1)
	$(AWS) $(if $(BATCH),--batch) $(if $(NAMES),--names) $(if $(OUT),--out '$(OUT)')

test-aws-clean: $(STAMP) ## Remove what a killed `make test-aws` has left (A=profile B=profile REGION=us-east-1)
	$(AWS) --clean

bench: $(STAMP) ## Speed, CPU, memory and requests beside other programs (ROUNDS=3 ONLY=relay,list SCALE=1 WRITE=1)
	$(BIN)/python -m tests.bench --rounds $(or $(ROUNDS),3) --scale $(or $(SCALE),1) $(if $(ONLY),--only $(ONLY)) $(if $(WRITE),--write)

bench-tests: $(STAMP) ## What the screen and the journal cost; never pass/fail
	$(BIN)/python -m pytest -m bench -s

simulate: $(STAMP) ## Copies of 10^6 to 10^10 objects by 1 to 500 workers on a model of S3 (WRITE=1 for docs/scale.md)
	$(BIN)/python -m tests.simulate $(if $(WRITE),--write)

fuzz: $(STAMP) ## Attacks and properties with many more examples; takes long
	XS3_FUZZ=long $(BIN)/python -m pytest --timeout 0 -m '$(PLAIN)' tests/hostile
	XS3_FUZZ=long $(BIN)/python -m pytest --timeout 0 -m 'hypothesis and $(PLAIN)' --ignore tests/hostile

soak: $(STAMP) ## The engine on Ceph under faults and kills (MINUTES=15, SERVER=demo for the demo, WORKERS=1 with workers), then the figures
	tests/servers/install.sh
	$(BIN)/python -m tests.soak --minutes $(or $(MINUTES),15) --server $(or $(SERVER),ceph) $(if $(WORKERS),--workers)

mutants: $(STAMP) ## Small changes to the product that a test should notice and by which lane (COUNT=60 SEED=1 UNDER="tui/features/access tui/documents"), never pass/fail
	$(BIN)/python -m tests.mutants --count $(or $(COUNT),60) --seed $(or $(SEED),1) $(if $(UNDER),--under $(UNDER))

audit: $(STAMP) $(BIN)/bandit ## Bounds of all dependencies, known vulnerabilities of what is installed, bandit
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,audit]'
	$(BIN)/python -m tests.audit
	$(BANDIT)

screenshots: $(STAMP) ## Write screenshots/*.svg from the running demo
	$(BIN)/python -m tests.screenshots

verification: $(STAMP) ## Check on the demo, MiniStack and Ceph what is relied on of AWS, write docs/verification.md and what differs
	tests/servers/install.sh
	$(BIN)/python -m tests.assumptions demo ministack ceph

reference: $(STAMP) ## Write docs/reference/*.md from the commands, the keys and the settings
	$(BIN)/python -m tests.reference

dist: $(STAMP) ## Build the wheel, the sdist and the archives that run by themselves, and try each without network
	$(BIN)/python -m tests.release
	$(BIN)/python -m pytest --timeout 600 -m dist tests/release

docs: $(STAMP) ## Build the manual as a site into build/site, and follow every link
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,docs]'
	$(BIN)/python -m tests.release.site

clean: ## Remove what was made
	rm -rf $(VENV) tests/servers/run dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .mutants .bench
