# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The measured plugin files and the tests that must detect a change of each. Edit this table when files move.

Fast tests come first, because the first failure ends a run. Files without a unit test of their own have the smallest tests
over HTTP that reach them.
"""

from __future__ import annotations

PLUGINS = "plugins/module_utils/"
UNIT = "tests/unit/plugins/module_utils/"
HTTP = "tests/unit/plugins/modules/"

DECIDING = {
    "_archive.py": (f"{UNIT}test_archive.py", f"{UNIT}test_archive_reader.py"),
    "_checksum.py": (f"{UNIT}test_checksum.py", f"{UNIT}test_fetch_plan.py"),
    "_destination.py": (f"{UNIT}test_destination.py", f"{UNIT}test_fetch_plan.py"),
    "_fetch_plan.py": (f"{UNIT}test_fetch_plan.py",),
    "_manifest.py": (f"{UNIT}test_manifest.py", f"{UNIT}test_manifest_plan.py"),
    "_names.py": (f"{UNIT}test_names.py", f"{UNIT}test_multipart.py"),
    "_outcome.py": (f"{UNIT}test_outcome.py",),
    "_plan.py": (f"{UNIT}test_plan.py",),
    "_prune.py": (f"{UNIT}test_prune.py", f"{UNIT}test_prune_properties.py"),
    "_selection.py": (f"{UNIT}test_selection.py", f"{UNIT}test_prune.py", f"{UNIT}test_prune_properties.py"),
    "_snippet_document.py": (f"{UNIT}test_snippet_document.py", f"{UNIT}test_snippet_plan.py"),
    "_snippet_files.py": (f"{UNIT}test_snippet_files.py",),
    "_snippet_plan.py": (f"{UNIT}test_snippet_plan.py",),
}
HTTP_RULES = {
    "_auth.py": (f"{UNIT}test_auth.py", f"{UNIT}test_connection.py"),
    "_connection.py": (f"{UNIT}test_connection.py",),
    "_errors.py": (f"{UNIT}test_stopping.py", f"{UNIT}test_contents.py", f"{HTTP}test_missing_libraries.py"),
    "_messages.py": (f"{UNIT}test_messages.py", f"{UNIT}test_messages_advice.py"),
    "_pages.py": (f"{UNIT}test_pages.py",),
    "_patience.py": (f"{UNIT}test_patience.py",),
    "_redirects.py": (f"{UNIT}test_redirects.py",),
    "_refusals.py": (
        f"{UNIT}test_contents.py",
        f"{HTTP}test_connection_refusals.py",
        f"{HTTP}test_bitbucket_download_fetch_broken.py",
        f"{HTTP}test_bitbucket_download_waits.py",
    ),
}
GROUPS = {
    "deciding files": {PLUGINS + name: tests for name, tests in DECIDING.items()},
    "HTTP rules": {PLUGINS + name: tests for name, tests in HTTP_RULES.items()},
}
