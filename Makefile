# The first Python here that is new enough; `make run PYTHON=/path/to/python` takes another one.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV ?= .venv

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Hundreds of processes start in the tests: what one has compiled, the next need not, whatever the shell says.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test acceptance check audit bench bench-document bench-growth bench-live bench-profile pins clean
.DEFAULT_GOAL := run

# `exec`: a signal for make's child is a signal for the server.
run: $(VENV)/.installed
	@exec $(BIN)/python main.py

# The browser tests need Chromium, those of shared limits Redis: `apt-get install chromium redis-server`. Without them
# they fail, and say so.
test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

# What takes long and crosses whole processes; the gate runs it too.
acceptance: $(VENV)/.installed-dev
	$(BIN)/python -m pytest tests/acceptance

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/hadolint Dockerfile
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive app main.py manage.py create_module.py
	$(BIN)/python -m tests.audit
	$(BIN)/python -m pytest tests/acceptance
	$(BIN)/python -m pytest

# Known holes in what is pinned; it says so where the service that knows them cannot be asked.
audit: $(VENV)/.installed-dev
	$(BIN)/python -m tests.audit

# Measures the server beside others; `make bench ARGS=--quick` takes under a minute.
bench: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance $(ARGS)

bench-growth: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance.growth $(ARGS)

bench-profile: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance.profile $(ARGS)

bench-document:
	$(BIN)/python -m tests.performance.document

bench-live: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance.live $(ARGS)

# Keeps what is pinned already as far as pyproject.toml allows; `make pins UV_FLAGS=--upgrade` takes the newest.
COMPILE = $(BIN)/uv --quiet pip compile --universal --fork-strategy=fewest --no-annotate $(UV_FLAGS) \
	--custom-compile-command "make pins" pyproject.toml
pins: $(VENV)/.installed-dev
	$(COMPILE) --output-file requirements.txt
	$(COMPILE) --group dev --constraint requirements.txt --output-file requirements-dev.txt
	$(COMPILE) --group bench --constraint requirements.txt --output-file requirements-bench.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find app tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is wanted: make PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(BIN)/python
	$(PIP) install -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt | $(BIN)/python
	$(PIP) install -r requirements-dev.txt
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-bench: requirements-bench.txt | $(BIN)/python
	$(PIP) install -r requirements-bench.txt
	@touch $@ $(VENV)/.installed
