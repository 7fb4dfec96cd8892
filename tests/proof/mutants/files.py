# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the measured plugin files, and the tests that must detect a change of each. Edit this table when files move.

Fast tests come first, because the first failure ends a run. Files without a separate unit test have the smallest tests
over HTTP that use them.
"""

from __future__ import annotations

PLUGINS = "plugins/module_utils/"
UNIT = "tests/unit/"
HTTP = "tests/http/"

DECIDING = {
    "_archives/members.py": (f"{UNIT}_archives/test_members.py", f"{UNIT}_archives/test_reader.py"),
    "_files/checksum.py": (f"{UNIT}_files/test_checksum.py", f"{UNIT}_fetch/test_plan.py"),
    "_files/destination.py": (f"{UNIT}_files/test_destination.py", f"{UNIT}_fetch/test_plan.py"),
    "_downloads/artifact.py": (
        f"{UNIT}_downloads/test_artifact.py",
        f"{UNIT}_downloads/test_selection.py",
        f"{UNIT}_verify/test_plan.py",
    ),
    "_downloads/selection.py": (f"{UNIT}_downloads/test_selection.py", f"{UNIT}_verify/test_plan.py"),
    "_fetch/plan.py": (f"{UNIT}_fetch/test_plan.py",),
    "_manifest/manifest.py": (
        f"{UNIT}_manifest/test_manifest.py",
        f"{UNIT}_manifest/test_manifest_plan.py",
        f"{UNIT}_manifest/test_comparison.py",
        f"{HTTP}_manifest/test_trust.py",
    ),
    "_publish/plan.py": (
        f"{UNIT}_publish/test_plan.py",
        f"{HTTP}modules/test_bitbucket_download_copy.py",
        f"{HTTP}_publish/test_evidence.py",
        f"{HTTP}_publish/test_plan.py",
    ),
    "_publish/retention.py": (
        f"{UNIT}_publish/test_retention.py",
        f"{UNIT}_publish/test_retention_order.py",
        f"{UNIT}_publish/test_retention_properties.py",
        f"{HTTP}_publish/test_retention.py",
        f"{HTTP}_channel/test_protect.py",
    ),
    "_snippets/document.py": (
        f"{UNIT}_snippets/test_document.py",
        f"{UNIT}_snippets/test_plan.py",
        f"{HTTP}_snippets/test_find.py",
    ),
    "_snippets/plan.py": (f"{UNIT}_snippets/test_plan.py",),
    "_snippets/report.py": (f"{UNIT}_snippets/test_report.py",),
    "_snippets/request.py": (f"{UNIT}_snippets/test_request.py",),
    "_names.py": (f"{UNIT}test_names.py", f"{UNIT}_http/test_multipart.py"),
    "_renames.py": (f"{UNIT}test_renames.py",),
    "_outcome.py": (
        f"{UNIT}test_outcome.py",
        f"{UNIT}_downloads/test_artifact.py",
        f"{HTTP}_channel/test_move.py",
        f"{HTTP}_channel/test_remove.py",
        f"{HTTP}_fetch/test_fetch_check_mode.py",
    ),
    "_patterns.py": (
        f"{UNIT}test_patterns.py",
        f"{UNIT}_downloads/test_selection.py",
        f"{UNIT}_publish/test_retention.py",
        f"{UNIT}_publish/test_retention_properties.py",
    ),
}
HTTP_RULES = {
    "_http/credentials.py": (
        f"{UNIT}_http/test_credentials.py",
        f"{UNIT}_http/test_refusals.py",
        f"{HTTP}_http/test_refusals.py",
    ),
    "_http/connection.py": (f"{UNIT}_http/test_connection.py",),
    "_http/listing.py": (f"{UNIT}_http/test_listing.py", f"{HTTP}_http/test_listing.py"),
    "_http/refusals.py": (
        f"{UNIT}_http/test_refusals.py",
        f"{HTTP}_http/test_refusals.py",
        f"{HTTP}_http/test_oauth.py",
        f"{HTTP}_http/test_storage.py",
    ),
    "_http/retries.py": (f"{UNIT}_http/test_retries.py",),
    "_http/storage.py": (
        f"{UNIT}_http/test_storage.py",
        f"{HTTP}_http/test_storage.py",
        f"{HTTP}_downloads/test_ranges.py",
        f"{HTTP}_control/test_links.py",
    ),
    "_errors.py": (
        f"{UNIT}_http/test_retries.py",
        f"{UNIT}_ansible/test_module.py",
        f"{HTTP}_http/test_refusals.py",
        f"{HTTP}_downloads/test_upload_lost.py",
        f"{HTTP}_downloads/test_api_contents.py",
        "tests/system/test_missing_libraries.py",
    ),
}
TRUST = {
    "_channel/document.py": (f"{UNIT}_channel/test_document.py", f"{HTTP}_channel/test_read.py"),
    "_openpgp/keys.py": (f"{UNIT}_openpgp/test_keys.py",),
    "_openpgp/signature.py": (f"{UNIT}_openpgp/test_signature.py",),
    "_openpgp/status.py": (f"{UNIT}_openpgp/test_status.py",),
    "_ssh/keys.py": (f"{UNIT}_ssh/test_keys.py", f"{UNIT}_ssh/test_signature.py"),
    "_ssh/signature.py": (f"{UNIT}_ssh/test_signature.py",),
    "_verify/plan.py": (f"{UNIT}_verify/test_plan.py",),
}
ORDER = {
    "_versions/order.py": (
        f"{UNIT}_versions/test_order.py",
        f"{UNIT}_publish/test_retention_order.py",
        f"{UNIT}_downloads/test_selection.py",
    ),
    "_versions/precedence.py": (f"{UNIT}_versions/test_version.py", f"{UNIT}_versions/test_order.py"),
    "_versions/version.py": (f"{UNIT}_versions/test_version.py", f"{UNIT}_versions/test_version_properties.py"),
}
GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "deciding files": {PLUGINS + name: tests for name, tests in DECIDING.items()},
    "signatures and channels": {PLUGINS + name: tests for name, tests in TRUST.items()},
    "versions": {PLUGINS + name: tests for name, tests in ORDER.items()},
    "HTTP rules": {PLUGINS + name: tests for name, tests in HTTP_RULES.items()},
}
