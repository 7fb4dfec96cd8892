# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Every target sets itself up: Python 3.11 or later and make are enough. Everything is built in build/.
# Variables: PYTHON (which Python to build on), PYTEST_ARGS, SANITY_ARGS, FUZZ_SECONDS, TARGETS and SCENARIOS (of integration and
# molecule; empty means all).

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help setup runtime demo quick check test proof unit http coverage system sanity validate integration molecule lint docs \
	live slow fast-lint fuzz model molecule-example canaries bench browser test-contract test-faults test-matrix test-soak mutants build galaxy clean

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
# Long suites of their own targets.
MOLECULE_EXAMPLE := tests/system/docs/test_molecule_example.py
# Suites that take a minute and more, and whose subjects have quicker tests as well.
SLOW := tests/system/interruptions/test_channels.py tests/system/hosts/test_deploy.py tests/proof/live/test_switches.py
SUITES := $(SLOW) tests/proof/contract/test_integration_targets.py tests/proof/canaries/test_integration_suite.py \
	tests/proof/canaries/test_canaries.py tests/proof/docs $(MOLECULE_EXAMPLE)

RUN := tests/tools/in_env.sh

help:
	@echo 'make demo         a release on a local emulator, from the signed build to ten hosts and the roll back'
	@echo 'make quick        ruff, mypy of the plugins, pure tests: seconds'
	@echo 'make check        before each commit: quick, tests over HTTP, validate-modules of the changed modules'
	@echo 'make test         everything that a release needs, as the CI runs it'
	@echo 'make proof        hours: faults, model, fuzz, contract, matrix, soak, canaries, browser, mutants, benchmark'
	@echo
	@echo 'make unit         pure tests (PYTEST_ARGS="-k name")'
	@echo 'make http         modules and lookups in one process over the emulator'
	@echo 'make coverage     the same, and that they reach 95 % of plugins/'
	@echo 'make system       tests that start programs, and the tests of the emulator and of other test equipment'
	@echo 'make lint         mypy of the tests, yamllint, ansible-lint, documentation, changelog, licenses'
	@echo 'make sanity       ansible-test sanity (SANITY_ARGS="--test validate-modules")'
	@echo 'make integration  ansible-test integration (TARGETS=bitbucket_download)'
	@echo 'make molecule     the scenarios of the roles (SCENARIOS=publish_artifacts)'
	@echo 'make docs         the documentation site, in build/docs/html'
	@echo 'make galaxy       galaxy-importer on the tarball'
	@echo 'make build        the tarball, in build/dist'
	@echo
	@echo 'make slow           suites that take a minute and more: killed tasks of channels, SSH hosts, switches of the live check'
	@echo 'make test-faults    every request of every task with every fault, every task with every switch; writes the table in the docs'
	@echo 'make model          random operations under random behaviors of the service (MODEL_ARGS="--hours 2 --seed 100")'
	@echo 'make fuzz           fuzz the response parsers (FUZZ_SECONDS=60)'
	@echo 'make test-contract  check the traffic of all integration targets against the public specification'
	@echo 'make test-matrix    several ansible-cores with several target Pythons, as far as they are found (MATRIX_ARGS="--core 2.21")'
	@echo 'make test-soak      1,000 artifacts in one playbook; a file of 5 GiB up and down; memory and requests'
	@echo 'make canaries       run the integration tests and scan processes, files and logs for leaked secrets'
	@echo 'make browser        look at the documentation site with Chromium'
	@echo 'make mutants        the share of changes in the deciding files that no test detects (MUTANTS_ARGS="--sample 50 --seed 1")'
	@echo 'make live           ask the real service which assumptions hold (LIVE_ARGS="--rehearse"); see the guide "Check the real service"'
	@echo 'make bench          the figures that the README quotes'
	@echo
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

# Static checks of seconds, on which all others build.
fast-lint: setup
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) codespell .
	@$(RUN) mypy -p ansible_collections.releng.bitbucket.plugins

# The tests that look at the documentation import packages of their own.
lint:
	$(SETUP) tools docs
	@$(RUN) shellcheck .ci/run tests/tools/in_env.sh $(wildcard docs/examples/demo/run)
	@$(RUN) mypy -p tests.tools -p tests.emulator -p tests.demo -p tests.helpers -p tests.proof
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
	@$(RUN) python -m pytest $(PYTEST_ARGS) tests/unit

http: setup
	@$(RUN) python -m pytest $(PYTEST_ARGS) tests/http

# Only tests that speak HTTP to the emulator count: what only a test of pure functions reaches might be dead.
coverage: setup
	@$(RUN) python -m pytest -n 2 --cov=plugins --cov-report=term:skip-covered --cov-fail-under=95 tests/http 2>&1 | tee '$(OUT)/coverage.log'

system: setup
	@$(RUN) python -m pytest $(PYTEST_ARGS) $(SUITES:%=--ignore=%) tests/system tests/emulator tests/proof 2>&1 | tee '$(OUT)/system.log'

quick: fast-lint unit

check: quick http validate

fuzz: setup
	@$(RUN) python -m tests.proof.fuzz --seconds '$(FUZZ_SECONDS)'

# The short run of the same machines, with a fixed seed, is one of the tests of "make system".
model: setup
	@$(RUN) python -m tests.proof.model $(MODEL_ARGS)

# The only target that reaches the real service, with the variables LIVE_BITBUCKET_*. LIVE_ARGS=--plan shows what would be sent.
live: setup
	@$(RUN) python -m tests.proof.live $(LIVE_ARGS)

slow: setup
	@$(RUN) python -m pytest $(PYTEST_ARGS) $(SLOW)

canaries: setup
	@$(RUN) python -m pytest $(PYTEST_ARGS) tests/proof/canaries

molecule-example: setup
	@$(RUN) python -m pytest $(MOLECULE_EXAMPLE)

browser: docs
	@$(RUN) python -m pytest tests/proof/docs

sanity: setup
	@$(RUN) python -m tests.tools.run_ansible_test sanity $(SANITY_ARGS)

# validate-modules of the modules that changed since the branch left its upstream.
validate: setup
	@$(RUN) python -m tests.tools.validate_changed

integration: setup
	@$(RUN) python -m tests.tools.run_ansible_test integration $(TARGETS)

molecule: setup
	@$(RUN) python -m tests.tools.run_molecule $(SCENARIOS)

# All of them, also when one fails; the last lines sum up.
test:
	$(SETUP) tools docs
	@PYTHONDONTWRITEBYTECODE=1 "$(PYTHON)" tests/tools/run_tests.py '$(MAKE)'

# What takes hours. Nothing here is part of "make test".
proof: slow test-faults model fuzz test-contract test-soak canaries molecule-example browser mutants test-matrix bench

clean:
	rm -rf '$(OUT)' .ansible tests/output
