# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Each target installs what it needs in build/. Only Python 3.11 or later, make and bash must exist.
# Variables: PYTHON (the Python of the virtual environment), PYTEST_ARGS, SANITY_ARGS, FUZZ_SECONDS, TARGETS and SCENARIOS (of
# integration and molecule; empty: all).

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

# Tests wait for programs, sockets and pauses, so three workers keep two cores busy.
WORKERS := -n 3 --dist worksteal
PYTEST_ARGS ?= $(WORKERS)
SANITY_ARGS ?=
FUZZ_SECONDS ?= 60
TARGETS ?=
SCENARIOS ?=
# Long suites with targets of their own.
MOLECULE_EXAMPLE := tests/system/docs/test_molecule_example.py
# Suites that take a minute or more. The Molecule scenario of the role, the faults over HTTP and the model cover the same code in
# less time.
SLOW := tests/system/interruptions tests/system/hosts/test_deploy.py tests/system/roles/test_deploy_artifacts.py \
	tests/proof/live/test_switches.py
SUITES := $(SLOW) tests/proof/contract/test_integration_targets.py tests/proof/canaries/test_integration_suite.py \
	tests/proof/canaries/test_canaries.py tests/proof/docs $(MOLECULE_EXAMPLE)

RUN := tests/tools/in_env.sh

help:
	@echo 'make demo         show a release on a local emulator, from the signed build to ten hosts and a rollback'
	@echo 'make quick        run ruff, codespell, mypy of the plugins and the unit tests: a minute'
	@echo 'make check        run this before each commit: quick, tests over HTTP, validate-modules of the changed modules'
	@echo 'make test         run every check of a release, as in CI'
	@echo 'make proof        run the long suites: hours'
	@echo
	@echo 'make unit         run the unit tests (PYTEST_ARGS="-k name")'
	@echo 'make http         run modules and lookups in one process against the emulator'
	@echo 'make coverage     the same, and fail if it covers less than 95 % of plugins/'
	@echo 'make system       run the tests that start programs, and the tests of the emulator and of the test tools'
	@echo 'make lint         check types of the tests, YAML, shell, ansible-lint, documentation, changelog and licenses'
	@echo 'make sanity       run ansible-test sanity (SANITY_ARGS="--test validate-modules")'
	@echo 'make integration  run ansible-test integration (TARGETS=bitbucket_download)'
	@echo 'make molecule     run the scenarios of the roles (SCENARIOS=publish_artifacts)'
	@echo 'make docs         build and test the documentation site in build/docs/html'
	@echo 'make galaxy       run galaxy-importer on the tarball'
	@echo 'make build        build the tarball in build/dist'
	@echo
	@echo 'Suites of make proof:'
	@echo 'make slow           run suites of a minute or more: killed tasks, deployment, SSH hosts, switches of the live check'
	@echo 'make test-faults    run every task with every fault of every request and every switch; write the table in the docs'
	@echo 'make model          run random operations under random behavior of the service (MODEL_ARGS="--hours 2 --seed 100")'
	@echo 'make fuzz           fuzz the response parsers (FUZZ_SECONDS=60)'
	@echo 'make test-contract  compare the requests of all integration targets with the public specification'
	@echo 'make test-matrix    combine versions of ansible-core and Python, if installed (MATRIX_ARGS="--core 2.21")'
	@echo 'make test-soak      measure memory and requests for 1,000 artifacts and for a file of 5 GiB'
	@echo 'make canaries       run the integration tests and search processes, files and logs for secrets'
	@echo 'make molecule-example  run the Molecule example of the docs'
	@echo 'make browser        test the documentation site in Chromium'
	@echo 'make mutants        measure the share of changes that no test detects (MUTANTS_ARGS="--sample 50 --seed 1")'
	@echo 'make bench          measure CPU, memory, time and requests for the guide "Compare performance"'
	@echo
	@echo 'make live           check assumptions against Bitbucket Cloud (LIVE_ARGS="--rehearse"): guide "Check the real service"'
	@echo 'make setup          create the virtual environment'
	@echo 'make clean          delete build/'

# Check the version first: an old Python would end with a syntax error.
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

bench: setup
	@$(RUN) python -m tests.proof.benchmark $(BENCH_ARGS)

test-contract: setup
	@$(RUN) python -m pytest $(PYTEST_ARGS) tests/proof/contract

# Uses the Pythons on PATH and in MATRIX_PYTHONS (programs or directories, separated as in PATH).
test-matrix: setup
	@$(RUN) python -m tests.proof.matrix $(MATRIX_ARGS)

test-soak: setup
	@$(RUN) python -m tests.proof.soak $(SOAK_ARGS)

# FAULTS_ARGS="--only 'fetch/*/truncated'" runs some cells and shows their messages.
test-faults: setup
	@$(RUN) python -m tests.proof.faults $(FAULTS_ARGS)

# MUTANTS_ARGS="--only _plan.py" measures one file.
mutants: setup
	@$(RUN) python -m tests.proof.mutants $(MUTANTS_ARGS)

build: runtime
	@rm -rf '$(OUT)/dist'
	@$(RUN) ansible-galaxy collection build --force --output-path '$(OUT)/dist' '$(ROOT)'

# Warnings of galaxy-importer are errors.
galaxy: setup build
	@$(RUN) python -m tests.tools.run_galaxy_importer '$(OUT)'/dist/*.tar.gz

# Static checks that take seconds.
fast-lint: setup
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) codespell .
	@$(RUN) mypy -p ansible_collections.releng.bitbucket.plugins

# The tests of the documentation import additional packages.
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

# Only tests over HTTP count: code that only unit tests reach might be dead.
coverage: setup
	@$(RUN) python -m pytest $(WORKERS) --cov=plugins --cov-report=term:skip-covered --cov-fail-under=95 tests/http 2>&1 | tee '$(OUT)/coverage.log'

system: setup
	@$(RUN) python -m pytest $(PYTEST_ARGS) $(SUITES:%=--ignore=%) tests/system tests/emulator tests/proof 2>&1 | tee '$(OUT)/system.log'

quick: fast-lint unit

check: quick http validate

fuzz: setup
	@$(RUN) python -m tests.proof.fuzz --seconds '$(FUZZ_SECONDS)'

# "make system" includes a short run with a fixed seed.
model: setup
	@$(RUN) python -m tests.proof.model $(MODEL_ARGS)

# The only target that sends requests to Bitbucket Cloud. It reads the variables LIVE_BITBUCKET_*. LIVE_ARGS=--plan shows the requests.
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

# validate-modules of the modules that changed on this branch.
validate: setup
	@$(RUN) python -m tests.tools.validate_changed

integration: setup
	@$(RUN) python -m tests.tools.run_ansible_test integration $(TARGETS)

molecule: setup
	@$(RUN) python -m tests.tools.run_molecule $(SCENARIOS)

# Runs all lanes even if one fails, and prints a summary.
test:
	$(SETUP) tools docs
	@"$(PYTHON)" -B tests/tools/run_tests.py '$(MAKE)'

# Takes hours. Nothing here is part of "make test".
proof: slow test-faults model fuzz test-contract test-soak canaries molecule-example browser mutants test-matrix bench

clean:
	rm -rf '$(OUT)' .ansible tests/output
