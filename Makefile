# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Every target sets itself up: Python 3.11 or later and make are enough. All that is made lies in build/.
# Variables: PYTHON (which Python to build on), PYTEST_ARGS, SANITY_ARGS, FUZZ_SECONDS, TARGETS and SCENARIOS (of integration and molecule; empty = all).

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help setup runtime demo test unit coverage fuzz canaries rest integration molecule sanity lint docs bench test-contract test-faults test-matrix test-soak mutants build galaxy clean

ROOT := $(CURDIR)
OUT := $(ROOT)/build
BIN := $(OUT)/venv/bin

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
ifndef PYTHON
PYTHON := $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	if $$name -c '$(NEW_ENOUGH)' >/dev/null 2>&1; then echo $$name; break; fi; done)
endif

PYTEST_ARGS ?= -n 2
SANITY_ARGS ?=
FUZZ_SECONDS ?= 60
TARGETS ?=
SCENARIOS ?=
SPEAKING_HTTP := tests/http

RUN := tests/tools/in_env.sh

help:
	@echo 'make demo         publish, fetch and prune on a Bitbucket on this machine; second runs do nothing'
	@echo 'make test         everything below, cheap checks first'
	@echo 'make lint         ruff, mypy, yamllint, ansible-lint, documentation and changelog'
	@echo 'make unit         unit and emulator tests (PYTEST_ARGS="-k name")'
	@echo 'make coverage     the unit tests that speak HTTP, and that they reach 95 % of plugins/'
	@echo 'make fuzz         the readers of foreign answers, fuzzed (FUZZ_SECONDS=60)'
	@echo 'make canaries     the integration suite once more, watched: nothing secret is seen anywhere'
	@echo 'make sanity       ansible-test sanity (SANITY_ARGS="--test validate-modules")'
	@echo 'make integration  ansible-test integration (TARGETS=bitbucket_download)'
	@echo 'make docs         the documentation site, in build/docs/html, looked at with a browser where there is one'
	@echo 'make molecule     the scenarios of the roles (SCENARIOS=publish_artifacts)'
	@echo 'make bench        the figures that README quotes'
	@echo 'make test-contract  what modules and emulator say to each other conforms to the public specification, in all integration targets'
	@echo 'make test-matrix  several ansible-cores with several target Pythons, what of them is found (MATRIX_ARGS="--core 2.21")'
	@echo 'make test-soak    1,000 artifacts in one playbook; a file of 5 GiB up and down; memory and requests'
	@echo 'make test-faults  every request of every module and lookup, hit by every fault; writes the table in docs/docsite/rst'
	@echo 'make mutants      the share of changes in the deciding files that no test detects (MUTANTS_ARGS="--sample 50 --seed 1")'
	@echo 'make build        the tarball, in build/dist'
	@echo 'make galaxy       what galaxy-importer says about the tarball'
	@echo 'make setup clean  the virtual environment alone; remove build/'

# The check comes first so that an old Python gets a sentence and not a syntax error.
define SETUP
	@test -n "$(PYTHON)" && "$(PYTHON)" -c '$(NEW_ENOUGH)' 2>/dev/null || { \
	echo 'Python 3.11 or later is needed, found: $(or $(PYTHON),none). Name one: make PYTHON=/path/to/python3' >&2; exit 1; }
	@PYTHONDONTWRITEBYTECODE=1 "$(PYTHON)" tests/tools/setup_venv.py
endef

setup:
	$(SETUP) tools

runtime:
	$(SETUP) runtime

demo: runtime
	@DEMO_PYTHON='$(BIN)/python' $(RUN) docs/examples/demo/run

bench: runtime
	@$(RUN) python -m tests.proof.benchmark $(BENCH_ARGS)

# The unit tests have the scenarios, which are fast; the integration targets take minutes.
test-contract: setup
	@$(RUN) python -m pytest $(PYTEST_ARGS) tests/proof/contract

# Finds Pythons by their names on PATH, and those that MATRIX_PYTHONS names (programs or folders, separated as in PATH).
test-matrix: setup
	@$(RUN) python -m tests.proof.matrix $(MATRIX_ARGS)

test-soak: setup
	@$(RUN) python -m tests.proof.soak $(SOAK_ARGS)

# FAULTS_ARGS="--only 'fetch/*/truncated'" plays some cells and shows their messages.
test-faults: setup
	@$(RUN) python -m tests.proof.faults $(FAULTS_ARGS)

# MUTANTS_ARGS="--only _plan.py" measures one file.
mutants: setup
	@$(RUN) python -m tests.proof.mutants $(MUTANTS_ARGS)

build: runtime
	@rm -rf '$(OUT)/dist'
	@$(RUN) ansible-galaxy collection build --force --output-path '$(OUT)/dist' '$(ROOT)'

# What Galaxy says about the tarball; its warnings count.
galaxy: setup build
	@$(RUN) python -m tests.tools.run_galaxy_importer '$(OUT)'/dist/*.tar.gz

lint: setup
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) shellcheck .ci/run $(wildcard docs/examples/demo/run)
	@$(RUN) mypy -p ansible_collections.releng.bitbucket.plugins
	@$(RUN) mypy -p tests.tools -p tests.emulator -p tests.demo -p tests.proof.benchmark -p tests.proof.contract -p tests.proof.faults -p tests.proof.matrix -p tests.proof.soak
	@$(RUN) yamllint --strict .
	@$(RUN) reuse lint --quiet
	@$(RUN) antsibull-changelog lint
	@$(RUN) antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck --validate-collection-refs=self .
	@NO_COLOR=1 $(RUN) ansible-lint --offline

docs:
	$(SETUP) tools docs
	@$(RUN) python -m tests.docs.build
	@$(RUN) python -m pytest -q tests/docs

unit: setup
	@$(RUN) python -m pytest $(PYTEST_ARGS) --ignore=tests/proof/contract/test_integration_targets.py --ignore=tests/proof/canaries/test_integration_suite.py 2>&1 | tee '$(OUT)/unit.log'

# By the tests that speak HTTP to the emulator alone: what only a test of pure functions reaches may be dead.
coverage: setup
	@$(RUN) python -m pytest -n 2 --cov=plugins --cov-report=term:skip-covered --cov-fail-under=95 $(SPEAKING_HTTP) 2>&1 \
	| tee '$(OUT)/coverage.log'

# The unit tests that "coverage" has not run.
rest:
	@$(MAKE) unit PYTEST_ARGS='$(PYTEST_ARGS) $(SPEAKING_HTTP:%=--ignore=%)'

fuzz: setup
	@$(RUN) python -m tests.proof.fuzz --seconds '$(FUZZ_SECONDS)'

canaries: setup
	@$(RUN) python -m pytest $(PYTEST_ARGS) tests/proof/canaries

sanity: setup
	@$(RUN) python -m tests.tools.run_ansible_test sanity $(SANITY_ARGS)

integration: setup
	@$(RUN) python -m tests.tools.run_ansible_test integration $(TARGETS)

molecule: setup
	@$(RUN) python -m tests.tools.run_molecule $(SCENARIOS)

# All of them, also when one fails; the last lines sum up.
test:
	$(SETUP) tools docs
	@PYTHONDONTWRITEBYTECODE=1 "$(PYTHON)" tests/tools/run_tests.py '$(MAKE)'

clean:
	rm -rf '$(OUT)' .ansible tests/output
