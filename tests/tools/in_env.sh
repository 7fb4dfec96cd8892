#!/usr/bin/env bash
# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Run a command in the virtual environment of the project. Caches of tools are in build/, and the caller's settings of
# Ansible, Python and Bitbucket are removed. Usage: tests/tools/in_env.sh COMMAND [ARGUMENT...]
#
# Python saves compiled files in build/ even if the caller forbids it: without them, each of the hundreds of programs that the
# tests start compiles ansible-core again, which doubles its processor time.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
out=$root/build

for name in $(compgen -e ANSIBLE_) $(compgen -e BITBUCKET_) PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONPATH; do
  unset "$name"
done
export HOME=$out/home TMPDIR=$out/tmp VIRTUAL_ENV=$out/venv PATH=$out/venv/bin:$PATH
export ANSIBLE_HOME=$HOME/.ansible ANSIBLE_COLLECTIONS_PATH=$out/tree
export HYPOTHESIS_STORAGE_DIRECTORY=$out/cache/hypothesis RUFF_CACHE_DIR=$out/cache/ruff PYTHONPYCACHEPREFIX=$out/cache/pycache
export COVERAGE_FILE=$out/coverage
mkdir -p "$HOME" "$TMPDIR"

printf '$ %s\n' "$*"
exec "$@"
