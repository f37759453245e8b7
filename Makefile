# make train: set up and train the default experiment. make test: set up and test.
PYTHON ?= python3
BIN = .venv/bin

.PHONY: train test lint setup
train: setup
	$(BIN)/python launch.py --experiment=digits --workdir=runs/digits

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: setup
	$(BIN)/ruff check .

setup: .venv/ready

.venv/ready: requirements.txt requirements-dev.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --requirement requirements-dev.txt
	touch $@
