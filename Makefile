# The first Python on this machine that is new enough. `make run PYTHON=/path/to/python` uses another one.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV ?= .venv

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# uv takes a tenth of pip's time. If it is not available, or cannot reach what pip reaches, pip installs everything.
define install
	@echo "Installing $(1) into $(VENV)"
	@$(PIP) install $(shell grep '^uv==' requirements-dev.txt) && \
		$(BIN)/uv --quiet pip install --python $(BIN)/python -r $(1) || $(PIP) install -r $(1)
endef

# The tests start hundreds of processes. They share compiled bytecode, whatever the shell sets.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test acceptance faults faults-short fuzz fuzz-short lint lint-api audit check hooks pins clean
.PHONY: bench bench-against bench-background bench-document bench-growth bench-hostile bench-live bench-processes bench-profile
.PHONY: bench-search bench-search-sends bench-upload bench-waiting
.DEFAULT_GOAL := run

# `exec`: signals to make's child reach the server.
run: $(VENV)/.installed
	@exec $(BIN)/python main.py

# Run it after each change. It needs only Python.
test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

# Tests that take long and span whole processes. They fail without the programs that they need: `apt-get install chromium
# graphviz nginx-light pgbouncer postgresql prometheus redis-server`.
acceptance: $(VENV)/.installed-dev
	$(BIN)/python -m pytest tests/acceptance --maxprocesses=2 --durations=15

# The gate without the tests.
lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py docs --check
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml docs/deployment/compose/compose.yml docs/deployment/node/compose.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/check.yml
	$(BIN)/hadolint Dockerfile
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive app main.py manage.py create_module.py

# Redocly and Spectral check docs/openapi.json, and the clients generated from it load. The npm packages are pinned.
lint-api: $(VENV)/.installed-dev
	$(BIN)/python -m tests.openapi_tools

# Schemathesis sends a real server valid and invalid requests that it derives from the OpenAPI document.
fuzz-short: $(VENV)/.installed-dev
	$(BIN)/python -m tests.fuzz

# The same for much longer, and the fuzzers of the tests too, with a new seed each time. A failure can be replayed with it.
fuzz: SEED := $(shell date +%s)
fuzz: $(VENV)/.installed-dev
	$(BIN)/python -m pytest tests/fuzz tests/acceptance/test_rest_against_model.py tests/acceptance/test_http_behind_nginx.py --numprocesses=2 --hypothesis-profile=long --hypothesis-seed=$(SEED)
	$(BIN)/python -m tests.fuzz --examples=100 --seed=$(SEED)

# Known vulnerabilities of the pinned packages. It reports if the service that lists them cannot be reached.
audit: $(VENV)/.installed-dev
	$(BIN)/python -m tests.audit

# The gate. Its random choices are the same each time.
check: export PYTEST_ADDOPTS += --randomly-seed=1
check: ARGS = --seed 1
check: lint lint-api audit acceptance fuzz-short faults-short
	$(BIN)/python -m pytest

# Runs `make lint` before each commit from now on.
hooks: $(VENV)/.installed-dev
	$(BIN)/pre-commit install

# Compares the server with others. `make bench ARGS=--quick` takes less than a minute.
bench: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance $(ARGS)

bench-growth: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance.growth $(ARGS)

# What a send costs with one, two and four processes.
bench-processes: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance.processes $(ARGS)

bench-profile: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance.profile $(ARGS)

bench-document:
	$(BIN)/python -m tests.performance.document

# How much one hostile connection without an account delays the others.
bench-hostile: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance.hostile $(ARGS)

# What subscribers cost, and how fast one catches up.
bench-background: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance.background $(ARGS)

# What sign-ups, sign-ins and sends cost, of what they cost in another version: `make bench-against BASE=<folder or commit>`.
bench-against: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance.against $(BASE) $(ARGS)

# Searches in a million messages, and how soon a new one is found.
bench-search: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance.search $(ARGS)

# What a search index that is written by another process costs the sends.
bench-search-sends: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance.search_sends $(ARGS)

# Memory of the process and latency of sends, while a file of 2 GB goes up and down.
bench-upload: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance.upload $(ARGS)

# The start, a sign-in, a hello with 1,500 cursors, and opening a chat on the page. It needs Chromium.
bench-waiting: $(VENV)/.installed-bench $(VENV)/.installed-dev
	$(BIN)/python -m tests.performance.waiting $(ARGS)

bench-live: $(VENV)/.installed-bench
	$(BIN)/python -m tests.performance.live $(ARGS)

# Lets everything around the servers fail while people exchange messages: `make faults ARGS="--seed 5 --only disk-full"`.
faults: $(VENV)/.installed-dev
	$(BIN)/python -m tests.faults $(ARGS)

faults-short: $(VENV)/.installed-dev
	$(BIN)/python -m tests.faults --short $(ARGS)

# Keeps pinned versions as far as pyproject.toml allows. `make pins UV_FLAGS=--upgrade` takes the newest ones.
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
