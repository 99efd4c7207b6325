# make demo      a whole campaign against the local simulator; needs Python 3.11 or newer, no more
# make test      the tests; brings its own PostgreSQL and Valkey
# make proofs    the long ones: all of it on PostgreSQL, a real browser, processes killed in the middle
# make simulate  the engine in virtual time with everything that may go wrong: SEEDS=300 LEADS=6
# make mutants   the same with deliberate bugs, each of which must be found
# make chaos     every kind of process is killed at random for a while, on both databases
# make check     format, lint, types, import rules, generated files
# make format    put the code and the generated files in shape
# make coverage  the tests again, with the lines they miss
# make clean     remove the virtual environment and caches (not var/, which holds your campaigns)
#
# ARGS is passed on:  make demo ARGS=--json    make test ARGS="-k broker"
# make chaos SECONDS=600 DATABASE=postgresql SEED=7 ARGS=--keep
# PYTHON chooses one: make demo PYTHON=/opt/python3.12/bin/python3

ARGS ?=
PYTHON ?= python3.13 python3.12 python3.11 python3
# Three on two cores: tests often wait for databases and processes of their own; each one more
# reads all the tests again.
PARALLEL ?= --numprocesses=3 --dist=worksteal
# What is killed in the middle must not wait for a core.
PROVING ?= --numprocesses=auto --maxprocesses=2 --dist=worksteal

SEEDS ?= 300
LEADS ?= 6
SECONDS ?= 180
DATABASE ?= both
SEED ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
NEEDS := pyproject.toml constraints.txt

.PHONY: demo test proofs simulate mutants chaos check format coverage clean install
.DELETE_ON_ERROR:

demo: $(VENV)/installed
	@$(BIN)/dialer demo $(ARGS)

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

proofs: $(VENV)/installed-dev
	$(BIN)/python -m pytest -m slow $(PROVING) $(ARGS)
	DIALER_COMPARED=1000000 $(BIN)/python -m pytest $(PROVING) tests/unit/test_phones_shortcut.py

SIMULATION := PYTHONPATH=tests PYTHONHASHSEED=0 $(BIN)/python -m

simulate: $(VENV)/installed-dev
	$(SIMULATION) simulation --seeds $(SEEDS) --leads $(LEADS) $(ARGS)

mutants: $(VENV)/installed-dev
	$(SIMULATION) simulation.mutation $(ARGS)

chaos: $(VENV)/installed-dev
	@PYTHONPATH=tests $(BIN)/python -m chaos --seconds $(SECONDS) --database $(DATABASE) \
		$(if $(SEED),--seed $(SEED)) $(ARGS)

check: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m dialer.config --check
	@if [ -f dialer/domain/diagram.py ]; then \
		echo "$(BIN)/python -m dialer.domain.diagram --check"; \
		$(BIN)/python -m dialer.domain.diagram --check; \
	fi

format: $(VENV)/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python -m dialer.config
	@if [ -f dialer/domain/diagram.py ]; then $(BIN)/python -m dialer.domain.diagram; fi

coverage: $(VENV)/installed-dev
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

install: $(VENV)/installed-dev

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis .coverage .coverage.* htmlcov
	find dialer workers tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

# A second run installs nothing: the stamps are newer than what they depend on.
$(VENV)/installed: $(BIN)/python $(NEEDS)
	@echo "installing the dialer into $(VENV) (once; about a minute)"
	@$(PIP) --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@echo "installing the tools for tests and checks into $(VENV) (once)"
	@$(PIP) --editable '.[dev]'
	@touch $@

# A name on the PATH may be a shim of a Python that is not there, so each candidate is run.
$(BIN)/python:
	@for candidate in $(PYTHON); do \
		$$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
			&& found=$$candidate && break; \
	done; \
	if [ -z "$$found" ]; then \
		echo "error: no Python 3.11 or newer was found (tried: $(PYTHON))" >&2; \
		echo "fix: install one, or name it: make demo PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi; \
	if ! $$found -c 'import venv, ensurepip' >/dev/null 2>&1; then \
		echo "error: $$found cannot make virtual environments" >&2; \
		echo "why: its modules venv and ensurepip are missing" >&2; \
		echo "fix: apt-get install python3-venv (Debian, Ubuntu)" >&2; \
		exit 1; \
	fi; \
	echo "making $(VENV) with $$($$found --version)"; \
	$$found -m venv --clear $(VENV)
