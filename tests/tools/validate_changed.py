# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run validate-modules on the modules that changed since the branch left its upstream, including uncommitted changes.

Usage: python -m tests.tools.validate_changed
"""

from __future__ import annotations

import subprocess
import sys

from . import run_ansible_test
from .tree import ROOT

MODULES = "plugins/modules/"
# A change here changes the options or the documentation of any module.
SHARED = ("plugins/doc_fragments/", "plugins/module_utils/_ansible/")


def main() -> int:
    """Validate the changed modules; return the exit code of ansible-test, 0 if no module changed."""
    modules = select_modules(find_changes())
    if not modules:
        print("No module changed since the branch left its upstream")
        return 0
    return run_ansible_test.main(["sanity", "--test", "validate-modules", *modules])


def find_changes() -> set[str]:
    """Return the paths that differ from the upstream, or from the last commit if there is no upstream."""
    base = _git("merge-base", "HEAD", "@{upstream}").strip() or "HEAD"
    listings = (_git("diff", "--name-only", base), _git("ls-files", "--others", "--exclude-standard"))
    return {path for listing in listings for path in listing.splitlines()}


def select_modules(changes: set[str]) -> list[str]:
    """Return the modules to validate: the changed ones, or all if something that they share has changed."""
    present = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / MODULES).glob("*.py"))
    if any(path.startswith(SHARED) for path in changes):
        return present
    return [path for path in present if path in changes]


def _git(*words: str) -> str:
    return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    sys.exit(main())
