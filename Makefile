# Every target brings the clone to a working state first (tools/bootstrap.py) and is quick when nothing changed.
# ARGS passes options on:      make demo ARGS=--json      make test ARGS="tests/unit -k deposit"

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo devnet test fuzz rate bench fairness latency hostile soak bots-redis size lint abi format

# Ape looks for `vyper` and `anvil` on PATH, nowhere else.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Without cached bytecode every process compiles some 1,500 files again, about 8 seconds.
unexport PYTHONDONTWRITEBYTECODE

# The first interpreter that really starts as 3.11 or 3.12: version managers leave shims that do not.
PYTHON ?= $(shell for python in python3.11 python3.12 python3 python; do \
	"$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' >/dev/null 2>&1 \
	&& command -v "$$python" && break; done)
PY := .venv/bin/python
ARGS ?=
DEMO ?= $(PY) -m demo
WORKERS ?= 2
PYTEST := $(PY) -m pytest -n $(WORKERS) --dist worksteal
DEEP := tests/properties tests/stateful tests/exits tests/fork tests/attacks

ifneq ($(filter-out help,$(or $(MAKECMDGOALS),help)),)
FOUND_PYTHON := $(PYTHON)
ifeq ($(strip $(FOUND_PYTHON)),)
$(error Python 3.11 or 3.12 is needed and not on PATH; install one or run `make PYTHON=<path to python3.12> ...`)
endif
endif

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: ## Install everything that the targets need, inside this folder
	@"$(FOUND_PYTHON)" tools/bootstrap.py all

demo: setup ## A treasury at work on a local mainnet: deploy, allocate, fail, leave whole
	@$(DEMO) $(ARGS)

devnet: setup ## Keep the local mainnet running and print its addresses
	@$(PY) -m ganglion.devnet $(ARGS)

test: setup ## Run the test suite
	@$(PYTEST) $(ARGS)

fuzz: setup ## Run the properties and the stateful campaigns with the deep Hypothesis profile
	@GANGLION_HYPOTHESIS_PROFILE=deep $(PYTEST) $(or $(ARGS),$(DEEP))

rate: setup ## Calls a second of the fuzz campaign beside a raw eth_simulateV1 loop, in one run
	@$(PY) -m tests.stateful.rate $(ARGS)

bench: setup ## Measure gas beside the peers and write bench/gas.json
	@$(PY) -m bench $(ARGS)

fairness: setup ## The same bank run here and on a control group; writes reports/fairness.json and a picture
	@$(PY) -m fairness $(ARGS)

latency: setup ## Shocks on the local mainnet and how soon each is answered; writes reports/latency.json
	@$(PY) -m latency $(ARGS)

hostile: setup ## Stolen keys, hostile strategies and free markets against every bound; writes reports/hostile.json
	@$(PY) -m hostile $(ARGS)

soak: setup ## Three bots over 2,000 blocks of shocks; writes reports/soak.json
	@$(PY) -m soak $(ARGS)

bots-redis: setup ## The bots as silverback workers over Redis, two processes each (needs redis-server)
	@$(PY) -m tools.bots_redis $(ARGS)

size: ## Runtime size of each contract against the limit of 24,576 bytes
	@"$(FOUND_PYTHON)" tools/bootstrap.py python
	@$(PY) -m tools.size $(ARGS)

lint: ## ruff, the rules over Vyper's syntax tree, and a compilation with warnings as errors
	@"$(FOUND_PYTHON)" tools/bootstrap.py python
	@ruff check .
	@ruff format --check .
	@$(PY) -m tools.lint
	@$(PY) -m tools.compile
	@$(PY) -m tools.abi --check
	@$(PY) -m tools.denials --check

abi: ## Write what agents need of the contracts, interfaces and reasons, to ganglion/abi and ganglion/agent
	@"$(FOUND_PYTHON)" tools/bootstrap.py python
	@$(PY) -m tools.abi
	@$(PY) -m tools.denials

format: ## Rewrite Python sources as ruff formats them
	@"$(FOUND_PYTHON)" tools/bootstrap.py python
	@ruff check --fix .
	@ruff format .
