# make run | test | bench | faults | load | lock | fix | backup | restore. The environment is built in .venv by uv from the hashed requirements files.
SHELL := /bin/sh
.DEFAULT_GOAL := .venv/.complete

UV_VERSION := 0.13.9
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$p" && break; done)
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py

# Certificates of the machine, so that a company's own authority is known to pip and uv even in an empty environment.
CERTIFICATES := $(firstword $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem))
ifneq ($(CERTIFICATES),)
export SSL_CERT_FILE ?= $(CERTIFICATES)
export PIP_CERT ?= $(CERTIFICATES)
endif
export UV_SYSTEM_CERTS ?= 1
# An account without a home of its own has nowhere to keep downloads.
ifneq ($(shell test -n "$$HOME" && test -w "$$HOME" && echo yes),yes)
export UV_NO_CACHE ?= 1
export PIP_NO_CACHE_DIR ?= 1
endif
export UV_NO_PROGRESS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export DJANGO_SETTINGS_MODULE := config.settings

.PHONY: run test lint bench lock fix backup restore faults load mutants clean

.venv/bin/uv:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed: install it or run make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Environment: .venv ($(PYTHON))"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --retries 5 "uv==$(UV_VERSION)"

.venv/.complete: .venv/bin/uv requirements.txt requirements-dev.txt
	@echo "Packages: requirements-dev.txt, every one checked by its hash"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements-dev.txt
	@touch $@

run: .venv/.complete
	@if [ -z "$$DATABASE_URL" ] && [ -z "$$DEMO" ]; then export DEMO=1; fi; exec $(MANAGE) up

# Everything that may be wrong without running, then the suite; pytest's own summary is the last thing printed.
test: lint
	@if [ -d tests/browser ]; then $(BIN)/python -m config.chromium; fi
	@export STATE_DIR="$${STATE_DIR:-$(CURDIR)/var/test}"; \
	CHROMIUM="$$($(BIN)/python -m config.chromium --path)" $(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

lint: .venv/.complete
	@echo "== ruff" && $(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "== translations" && $(BIN)/python -m common.messages compile && $(BIN)/python -m common.messages check
	@echo "== mypy, and beside it: bandit, secrets, import contracts, migrations, API schema" && { { set -e; \
		export STATE_DIR="$${STATE_DIR:-$(CURDIR)/var/test}"; \
		$(BIN)/bandit --quiet --configfile pyproject.toml --severity-level medium -r .; \
		$(BIN)/python -m config.secret_scan; \
		$(BIN)/lint-imports; \
		$(MANAGE) makemigrations --check --dry-run; \
		$(BIN)/python -m config.migration_lint; \
		$(BIN)/python -m config.schema_drift; } & guards=$$!; \
		$(BIN)/mypy .; typed=$$?; wait $$guards && exit $$typed; }

bench: .venv/.complete
	@$(BIN)/python -m bench $(BENCH_ARGS)

# Database and files into $(TO) (var/backups); a copy back into an empty database: make restore FILE=… [FORCE=--force].
backup: .venv/.complete
	@$(MANAGE) backup $(if $(TO),--to "$(TO)")

restore: .venv/.complete
	@test -n "$(FILE)" || { echo "Which one? make restore FILE=var/backups/svetofor-….tar"; exit 1; }
	@$(MANAGE) restore "$(FILE)" $(FORCE)

# Kills everything again and again and counts what was lost, e.g. FAULT_ARGS="--seed 7 --kills 200 --drills".
faults: .venv/.complete
	@$(BIN)/python -m faults $(FAULT_ARGS)

# Two hundred managers at once for ten minutes, with jobs and faults, e.g. LOAD_ARGS="--users 20 --minutes 1".
load: .venv/.complete
	@$(BIN)/python -m load $(LOAD_ARGS)

# Takes the lines on which trust stands out of a copy, one by one; every time a test must fail.
mutants: .venv/.complete
	@$(BIN)/python -m tests.mutants $(MUTANT_ARGS)

COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --generate-hashes --no-header --no-emit-index-url --python-version 3.11
lock: .venv/bin/uv
	@$(COMPILE) $(LOCK_ARGS) -o requirements.txt
	@$(COMPILE) $(LOCK_ARGS) --group dev -c requirements.txt -o requirements-dev.txt
	@if grep -nE '^ *(--(extra-)?index-url|--find-links)|https?://' requirements.txt requirements-dev.txt; then \
		echo "The lines above name a registry host: remove them."; exit 1; fi

fix: .venv/.complete
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix . && $(BIN)/ruff format .

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
