PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: setup run test lint fuzz chaos bench lock clean

setup: $(VENV)/.run

run: setup
	$(BIN)/python app.py

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n logical --dist worksteal

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	PYTHONPATH=. $(BIN)/lint-imports

# FUZZ_SECONDS=600 make fuzz
fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.fuzz

chaos: $(VENV)/.dev
	CHAOS=full $(BIN)/python -m pytest tests/faults/test_chaos.py tests/faults/test_postgresql_in_trouble.py -s

bench: $(VENV)/.dev
	$(BIN)/python -m bench

$(VENV)/.run: requirements.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the bot needs into $(VENV) …"
	$(PIP) install --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "Installing what the tests need into $(VENV) …"
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

# Needs uv (pip install uv). The lock files hold versions and hashes, no download addresses.
lock:
	uv pip compile --universal --generate-hashes --no-header --no-annotate pyproject.toml --quiet -o requirements.lock
	uv pip compile --universal --generate-hashes --no-header --no-annotate pyproject.toml --group dev --extra postgres --constraint requirements.lock --quiet -o requirements-dev.lock

clean:
	rm -rf $(VENV) build data .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
