# A fresh machine needs only Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp-dev
RUNSTAMP := $(VENV)/.stamp-run
TESTS ?= tests
WORKERS ?= 2

.PHONY: help run quarter test check docs format matrix bench lock config function image fleet-demo clean

help:
	@echo "make run      set up, then chase a demo company on embedded defaults (nothing leaves this machine)"
	@echo "make quarter  the same demo, day by day for a quarter"
	@echo "make test     every test"
	@echo "make check    format, lint, types, import contract, sizes, config drift, handbook, Dockerfile"
	@echo "make docs     the handbook as a site, in build/site (open index.html)"
	@echo "make matrix   the slower, exhaustive tests"
	@echo "make bench    measurements beside peers"
	@echo "make config   regenerate config.example.yaml, the JSON Schema and the reference"
	@echo "make function the package for AWS Lambda or Google Cloud, in build/function (CONFIG=folder adds your config)"
	@echo "make fleet-demo  200 organisations, a real PostgreSQL, four workers, one killed in the middle"
	@echo "make image    build the container image without a daemon and test it (Debian, as root)"
	@echo "make lock     refresh the hashed dependency locks"

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "duecourse needs Python 3.11 or newer: make run PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(RUNSTAMP): requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip -q install --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip -q install --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(STAMP): requirements-dev.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip -q install --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip -q install --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(RUNSTAMP)

run: $(RUNSTAMP)
	@$(BIN)/python scripts/demo.py run

quarter: $(RUNSTAMP)
	@$(BIN)/python scripts/demo.py quarter

test: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not matrix and not bench and not image" $(TESTS)

matrix: $(STAMP)
	HYPOTHESIS_PROFILE=explore $(BIN)/python -m pytest -n $(WORKERS) -m matrix $(TESTS)

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/sizes.py
	$(BIN)/python -m scripts.generate --check
	$(MAKE) -s docs
	$(BIN)/hadolint Dockerfile

docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build -q -s

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

config: $(STAMP)
	$(BIN)/python -m scripts.generate

bench: $(STAMP)
	$(BIN)/python tests/bench/run.py

lock:
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip -q install uv
	$(VENV)-lock/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --no-annotate --no-header --generate-hashes -o requirements.lock requirements.build.in
	$(VENV)-lock/bin/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --no-annotate --no-header --generate-hashes -o requirements-dev.lock requirements.build.in
	$(VENV)-lock/bin/uv pip compile pyproject.toml --extra postgres --extra aws --extra gcp --extra fleet --universal --python-version 3.11 --no-annotate --no-header --generate-hashes -o requirements-all.lock requirements.build.in
	rm -rf $(VENV)-lock

fleet-demo: $(STAMP)
	$(BIN)/python scripts/fleet_demo.py

image: $(STAMP)
	scripts/image.sh

# The platforms run Python 3.12 on x86-64 Linux; compiled packages must be theirs, not this machine's.
function: $(BIN)/python
	rm -rf build/function
	$(BIN)/python -m pip -q install --disable-pip-version-check --require-hashes -r requirements-all.lock --target build/function \
	  --python-version 3.12 --implementation cp --platform manylinux2014_x86_64 --platform manylinux_2_28_x86_64 --only-binary :all:
	cp -r worker connectors policies build/function/
	@if [ -n "$(CONFIG)" ]; then cp -r "$(CONFIG)" build/function/config; fi
	find build/function -name __pycache__ -prune -exec rm -rf {} +
	@du -sh build/function

clean:
	rm -rf $(VENV) demo build dist *.egg-info
