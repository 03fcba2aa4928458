# The first Python here that is new enough; `make run PYTHON=/path/to/python` takes another one.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV ?= .venv

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# uv installs in a tenth of pip's time; where it is not to be had, or cannot reach what pip can, pip does all.
define install
	@echo "Installing $(1) into $(VENV)"
	@$(PIP) install $(shell grep '^uv==' requirements-dev.txt) && \
		$(BIN)/uv --quiet pip install --python $(BIN)/python -r $(1) || $(PIP) install -r $(1)
endef

# Hundreds of processes start in the tests: what one has compiled, the next need not, whatever the shell says.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test acceptance faults faults-short fuzz fuzz-short lint lint-api audit check hooks pins clean
.PHONY: bench bench-document bench-growth bench-hostile bench-live bench-profile
.DEFAULT_GOAL := run

# `exec`: a signal for make's child is a signal for the server.
run: $(VENV)/.installed
	@exec $(BIN)/python main.py

# After each change; it needs nothing but Python.
test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

# What takes long and crosses whole processes. It needs a browser, Redis, nginx and the system's PostgreSQL
# (`apt-get install chromium redis-server nginx-light postgresql`): without them it fails, and says so.
acceptance: $(VENV)/.installed-dev
	$(BIN)/python -m pytest tests/acceptance --maxprocesses=2 --durations=15

# The gate but for the tests.
lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py docs --check
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml docs/deployment/compose/compose.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/check.yml
	$(BIN)/hadolint Dockerfile
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive app main.py manage.py create_module.py

# Redocly and Spectral read docs/openapi.json, and clients that are generated from it load. npm packages, pinned.
lint-api: $(VENV)/.installed-dev
	$(BIN)/python -m tests.openapi_tools

# Schemathesis asks a real server for what its OpenAPI document allows, and for what it does not.
fuzz-short: $(VENV)/.installed-dev
	$(BIN)/python -m tests.fuzz

# The same for much longer, and the fuzzers of the tests too: by a new seed each time, which a failure is replayed with.
fuzz: SEED := $(shell date +%s)
fuzz: $(VENV)/.installed-dev
	$(BIN)/python -m pytest tests/fuzz tests/acceptance/test_against_model.py tests/acceptance/test_http_behind_nginx.py --numprocesses=2 --hypothesis-profile=long --hypothesis-seed=$(SEED)
	$(BIN)/python -m tests.fuzz --examples=100 --seed=$(SEED)

# Known holes in what is pinned; it says so where the service that knows them cannot be asked.
audit: $(VENV)/.installed-dev
	$(BIN)/python -m tests.audit

# The gate.
check: lint lint-api audit acceptance fuzz-short faults-short
	$(BIN)/python -m pytest

# From now on `make lint` looks at each commit before it is made.
hooks: $(VENV)/.installed-dev
	$(BIN)/pre-commit install

# Measures the server beside others; `make bench ARGS=--quick` takes under a minute.
bench: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance $(ARGS)

bench-growth: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance.growth $(ARGS)

bench-profile: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance.profile $(ARGS)

bench-document:
	$(BIN)/python -m tests.performance.document

# What one connection without an account does to all others.
bench-hostile: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance.hostile $(ARGS)

bench-live: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance.live $(ARGS)

# Breaks everything around the messenger while people talk: `make faults ARGS="--seed 5 --only disk-full"`.
faults: $(VENV)/.installed-dev
	$(BIN)/python -m tests.faults $(ARGS)

faults-short: $(VENV)/.installed-dev
	$(BIN)/python -m tests.faults --short $(ARGS)

# Keeps what is pinned already as far as pyproject.toml allows; `make pins UV_FLAGS=--upgrade` takes the newest.
COMPILE = $(BIN)/uv --quiet --no-config pip compile --universal --fork-strategy=fewest --no-annotate $(UV_FLAGS) \
	--custom-compile-command "make pins" pyproject.toml
pins: $(VENV)/.installed-dev
	$(COMPILE) --output-file requirements.txt
	$(COMPILE) --group dev --constraint requirements.txt --output-file requirements-dev.txt
	$(COMPILE) --group bench --constraint requirements.txt --output-file requirements-bench.txt
	$(BIN)/python -m tests.pins

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find app tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is required: make PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(BIN)/python
	$(call install,requirements.txt)
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt | $(BIN)/python
	$(call install,requirements-dev.txt)
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-bench: requirements-bench.txt | $(BIN)/python
	$(call install,requirements-bench.txt)
	@touch $@ $(VENV)/.installed
