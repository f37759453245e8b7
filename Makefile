# make train: set up and train the default experiment. make test: set up and test what is quick.
# make test-all: everything. make docs: the site, in docs/_build/html.
# Another Python: make test PYTHON=python3.13 VENV=.venv-3.13
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PYTEST = $(BIN)/python -m pytest -n 2 --dist loadfile --durations=10

.PHONY: train test test-all docs lint setup
train: setup
	$(BIN)/python launch.py --experiment=digits --workdir=runs/digits

test: lint
	$(PYTEST) -m "not slow"

test-all: lint
	$(PYTEST)

docs: setup
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

lint: setup
	$(BIN)/ruff check .

setup: $(VENV)/ready

$(VENV)/ready: requirements.txt requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --requirement requirements-dev.txt
	touch $@
