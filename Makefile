# Targets with their one-line help; `make` alone prints them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
AUDIT := .venv-audit

# The tests start hundreds of processes, and none of them should compile the programs anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

.PHONY: help
help: ## Print the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $(STAMP)

.PHONY: install
install: $(STAMP) ## Make the virtual environment in .venv and install everything into it

.PHONY: demo
demo: $(STAMP) ## Trade a synthetic market with both CLIs and print the final book (STRATEGY=rsi_reversion or sma_cross)
	$(BIN)/python -m demo $(if $(STRATEGY),--strategy $(STRATEGY))

.PHONY: test
test: $(STAMP) ## Lint, types and tests (under three minutes)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --dist loadgroup -q -m "not slow" $(COVERAGE)

.PHONY: coverage
coverage: COVERAGE := --cov
coverage: test ## The same, and the floor of covered lines in live and backtest (95 %, in pyproject.toml)

.PHONY: test-slow
test-slow: $(STAMP) ## The longer proofs (HISTORIES=2000 random ones, and the same share of the random markets)
	HISTORIES=$(or $(HISTORIES),2000) $(BIN)/python -m pytest -n 2 --dist loadgroup -q -m slow

.PHONY: crash
crash: $(STAMP) ## The programs of a busy day, killed everywhere and started again (KEEP=1 keeps the result)
	$(BIN)/python -m tests.proofs crash $(if $(KEEP),--keep)

.PHONY: chaos
chaos: $(STAMP) ## Histories of several days with faults of every kind (N=2000, SEED=1, KEEP=1 or ADD=1)
	$(BIN)/python -m tests.proofs chaos --histories $(or $(N),2000) --seed $(or $(SEED),1) $(if $(KEEP),--keep) $(if $(ADD),--add)

# S: seconds an input. The engine that coverage guides is installed by `pip install -e '.[fuzz]'` (Linux).
.PHONY: fuzz
fuzz: $(STAMP) ## Every input and every answer of the broker, changed at random (S=60, ONLY=target, KEEP=1; half an hour)
	$(BIN)/python -m tests.proofs fuzz --seconds $(or $(S),60) $(if $(ONLY),--only $(ONLY)) $(if $(KEEP),--keep)

.PHONY: mutants
mutants: $(STAMP) ## Changed code that a test must notice (ONLY=file, SAMPLE=number, KEEP=1; hours without)
	@$(BIN)/python -c 'import mutmut' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[mutants]'
	$(BIN)/python -m tests.proofs mutants $(if $(ONLY),--only $(ONLY)) $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(KEEP),--keep)

.PHONY: parity
parity: $(STAMP) ## The programs in trouble against the simulator, in 1,000 random markets (KEEP=1 keeps the result)
	$(BIN)/python -m tests.proofs parity --markets 1000 $(if $(KEEP),--keep)

.PHONY: soak
soak: $(STAMP) ## 250 trading days with faults every day; each evening one book (SEED=1, YEARS=1, KEEP=1)
	$(BIN)/python -m tests.proofs soak --seed $(or $(SEED),1) --years $(or $(YEARS),1) $(if $(KEEP),--keep)

.PHONY: acceptance
acceptance: $(STAMP) ## Real reports and 120 real sessions through both CLIs (needs the developers' shared data)
	$(BIN)/python -m tests.acceptance

# pip-audit has a folder of its own: what it needs is no part of what it looks at.
.PHONY: audit
audit: $(STAMP) ## Ask the advisory services about every installed package (fails too when they do not answer)
	@test -x $(AUDIT)/bin/pip-audit || { $(PYTHON) -m venv $(AUDIT) && $(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check 'pip-audit>=2.9,<3'; }
	@$(BIN)/python -m tests.audit $(AUDIT)/bin/pip-audit

.PHONY: bench
bench: $(STAMP) ## Benchmarks, reported as ratios within one run
	$(BIN)/python -m tests.bench

.PHONY: browse
browse: $(STAMP) ## Show the configuration's state DB in the browser, on a copy, until Ctrl-C
	$(BIN)/python -m live.admin browse

.PHONY: format
format: $(STAMP) ## Format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: clean
clean: ## Remove the virtual environment and the caches
	rm -rf $(VENV) $(AUDIT) build/mutants .pytest_cache .mypy_cache .ruff_cache .hypothesis demo-out
