# One environment, .venv, made on first use and again only when pyproject.toml or constraints.txt changes.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help check test lint docs bench evaluate calibrate clean
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  PEERS=1 adds curvature against pyhessian, curvlinops and backpack to make bench (installs them; some minutes)"
	@echo "  PYTHON=python3.12 chooses the interpreter of a new .venv (3.11 or newer)"

check: .venv/installed ## check the flagship claims and draw them into figures/
	@$(BIN)/proofs-check check flagship --figures figures

test: .venv/installed ## the tests
	@$(BIN)/python -m pytest -n auto --maxprocesses 4

lint: .venv/installed ## ruff, types, import rules
	@$(BIN)/ruff check --quiet --output-format concise .
	@$(BIN)/basedpyright --pythonpath $(BIN)/python
	@$(BIN)/lint-imports --no-logo

docs: .venv/installed-docs ## the documentation, into docs/_build
	@$(BIN)/sphinx-build -q -W --keep-going docs docs/_build

bench: .venv/installed ## benchmarks, against peers and against the machine
	@$(BIN)/python -m benchmarks.run
	@$(BIN)/python -m benchmarks.growth
	@$(BIN)/python -m benchmarks.training
	@if [ -n "$(PEERS)" ]; then $(INSTALL) -e '.[peers]' && $(BIN)/python -m benchmarks.curvature && $(BIN)/python -m benchmarks.margins; fi

evaluate: .venv/installed ## float64 against enclosures at 10^5 random points of all claims
	@$(BIN)/python -m benchmarks.evaluation

calibrate: .venv/installed ## the engine's own error rates, into docs/calibration (about 95 core minutes; resumes)
	@$(BIN)/proofs-check calibrate --out docs/calibration

clean: ## remove .venv and all that was built; recorded verdicts (.proofs-check/) stay
	@rm -rf .venv figures docs/_build dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: pyproject.toml constraints.txt
	@echo "Installing into .venv (some minutes, once)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	@$(PYTHON) -m venv .venv
	@$(INSTALL) -e '.[dev]'
	@touch $@

.venv/installed-docs: .venv/installed
	@$(INSTALL) -e '.[docs]'
	@touch $@
