# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Every target sets itself up: Python 3.11 or later and make are enough. All that is made lies in build/.
# Variables: PYTHON (which Python to build on), PYTEST_ARGS, SANITY_ARGS, TARGETS (integration targets; empty = all).

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help setup runtime demo test unit integration sanity lint bench build clean

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
TARGETS ?=

RUN := tests/tools/in_env.sh

help:
	@echo 'make demo         publish, fetch and prune on a Bitbucket on this machine; second runs do nothing'
	@echo 'make test         everything below, cheap checks first'
	@echo 'make lint         ruff, mypy, yamllint, ansible-lint, documentation and changelog'
	@echo 'make unit         unit and emulator tests (PYTEST_ARGS="-k name")'
	@echo 'make sanity       ansible-test sanity (SANITY_ARGS="--test validate-modules")'
	@echo 'make integration  ansible-test integration (TARGETS=bitbucket_download)'
	@echo 'make bench        the figures that README quotes'
	@echo 'make build        the tarball, in build/dist'
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
	@$(RUN) python -m tests.benchmark $(BENCH_ARGS)

build: runtime
	@$(RUN) ansible-galaxy collection build --force --output-path '$(OUT)/dist' '$(ROOT)'

lint: setup
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) shellcheck .ci/run $(wildcard docs/examples/demo/run)
	@$(RUN) mypy -p ansible_collections.releng.bitbucket.plugins
	@$(RUN) mypy -p tests.tools -p tests.emulator -p tests.demo -p tests.benchmark
	@$(RUN) yamllint --strict .
	@$(RUN) antsibull-changelog lint
	@$(RUN) antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck --validate-collection-refs=self .
	@NO_COLOR=1 $(RUN) ansible-lint --offline

unit: setup
	@$(RUN) python -m pytest $(PYTEST_ARGS) tests/unit 2>&1 | tee '$(OUT)/unit.log'

sanity: setup
	@$(RUN) python -m tests.tools.run_ansible_test sanity $(SANITY_ARGS)

integration: setup
	@$(RUN) python -m tests.tools.run_ansible_test integration $(TARGETS)

# One after the other, also under "make -j"; all of them, also when one fails. The last lines sum up.
test:
	@rm -f '$(OUT)/unit.log'
	@failed=''; for step in lint unit sanity integration; do \
		echo "== make $$step"; $(MAKE) -j1 $$step || failed="$$failed $$step"; done; \
	if test -s '$(OUT)/unit.log'; then tail -n 1 '$(OUT)/unit.log'; fi; \
	if test -n "$$failed"; then echo "== failed:$$failed" >&2; exit 1; fi; echo '== all passed'

clean:
	rm -rf '$(OUT)' .ansible tests/output
