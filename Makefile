# What needs only Python 3.11+ and make. Everything goes into .venv; nothing is compiled by you.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
RUN    := runs/quickstart

.PHONY: help quickstart test test-all test-bounds check types format data bench docs clean

help:
	@echo "make quickstart   fetch real text with pip, run recipes/quickstart.yaml, verify the release"
	@echo "make test         checks and the default tests (under 10 minutes)"
	@echo "make test-all     the long tests too (big files, many kills)"
	@echo "make test-bounds  kernels that refuse to look beside an array"
	@echo "make data         fetch by package name what the benchmarks need"
	@echo "make bench        run the benchmarks, one JSON object a line"
	@echo "make docs         write the generated reference pages anew"

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Ginbon needs Python 3.11 or newer; say which: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.developed: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group dev --editable '.[all]'
	touch $@

quickstart: $(VENV)/.installed
	$(BIN)/python recipes/quickstart_data.py
	$(BIN)/ginbon run recipes/quickstart.yaml --into $(RUN)
	$(BIN)/ginbon verify $(RUN)/release

test: check
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadgroup

test-all: check
	$(BIN)/python -m pytest -n 2 --dist loadgroup --hypothesis-profile search

test-bounds: check
	NUMBA_BOUNDSCHECK=1 $(BIN)/python -m pytest -m "not slow" -n 2 --dist loadgroup tests/unit tests/property tests/golden

check: $(VENV)/.developed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.developed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

data: $(VENV)/.developed
	$(BIN)/python benchmarks/data.py

bench: $(VENV)/.developed
	@for file in run extract filters identify words dedup clusters contamination tokenizers training sweep parity national; do $(BIN)/python benchmarks/$$file.py --json; done

docs: $(VENV)/.developed
	$(BIN)/python docs/generate.py

clean:
	rm -rf $(VENV) .cache runs dist build
