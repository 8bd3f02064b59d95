# OrganSeg's commands. Choose another interpreter with: make test PYTHON=python3.12
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: setup demo test lint audit fuzz peers bench

setup: $(INSTALLED)
	@.ci/system-packages

$(INSTALLED): pyproject.toml constraints.txt
	.ci/system-packages
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[openvino,training,dev,slicer-test]'
	touch $@

demo: setup
	$(BIN)/organseg demo --output demo-output --overwrite

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml OrganSeg training

test: lint
	$(BIN)/pytest --cov --cov-report=term

# Known vulnerabilities of what we depend on; asks pypi.org, so it is no part of the tests.
audit:
	$(PYTHON) -m venv $(VENV)/audit
	$(VENV)/audit/bin/python -m pip install --quiet 'pip-audit>=2.7'
	$(VENV)/audit/bin/pip-audit --strict --disable-pip --no-deps --requirement constraints.txt

# For every night: about a quarter of an hour.
fuzz: setup
	$(BIN)/python -m Testing.fuzz --cases 20000

# What the benchmark and the tests of imported models compare with.
peers: setup
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[openvino,training,dev,slicer-test,peers]'

bench: setup
	$(BIN)/python -m Testing.benchmarks
