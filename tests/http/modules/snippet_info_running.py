# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running bitbucket_snippet_info, which takes no repository. Knows no other option."""

from __future__ import annotations

from typing import Any

from tests.helpers.modules import ModuleRunner

MODULE = "bitbucket_snippet_info"


class InfoRunner(ModuleRunner):
    """``info.ok(title="Run book")`` and so on; see ModuleRunner."""

    @property
    def connection(self) -> dict[str, Any]:
        """The options that reach the workspace acme on the emulator."""
        return {**super().connection, "repository": None}
