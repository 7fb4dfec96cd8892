# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find secrets of the emulator in texts that must not show them."""

from __future__ import annotations

from tests.emulator import Emulator


def secrets_of(emulator: Emulator) -> list[str]:
    """Return the values that a run must not show: tokens, Basic values, and parts of its signed URLs."""
    signed = [entry.query for entry in emulator.journal.select("storage")]
    kept = [value for query in signed for name, value in query.items() if not name.startswith("response-")]
    basics = [entry.headers.get("Authorization", "").split(" ")[-1] for entry in emulator.journal]
    tokens = [*emulator.accounts.credentials, emulator.client_secret]
    # An expiry date or a short number proves nothing.
    return [secret for secret in [*tokens, *basics, *kept, "Signature="] if len(secret) > 9 and not secret.isdigit()]


def leaked(emulator: Emulator, *shown: str) -> list[str]:
    """Return the secrets that are in one of these texts."""
    return [secret for secret in secrets_of(emulator) if any(secret in text for text in shown)]
