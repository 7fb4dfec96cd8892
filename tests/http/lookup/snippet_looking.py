# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running the lookup bitbucket_snippet in this process, as Ansible's loader gives it. Knows no single option."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.plugins.loader import lookup_loader

from tests.emulator import Emulator
from tests.http.lookup.helpers import Looker

SNIPPET = "releng.bitbucket.bitbucket_snippet"


class SnippetLooker(Looker):
    """``look("notes.md", title="Notes")`` and so on; see Looker."""

    @property
    def connection(self) -> dict[str, Any]:
        """The options that reach the workspace acme on the emulator."""
        return {**self.address, "workspace": "acme", **self.token}

    def bare(self, *terms: Any, variables: Mapping[str, Any] | None = None, **options: Any) -> list[Any]:
        """One run with no options but these."""
        given = {name: value for name, value in options.items() if value is not None}
        found = lookup_loader.get(SNIPPET).run(list(terms), variables=variables, **given)
        assert isinstance(found, list)
        return found


def asked(emulator: Emulator) -> list[tuple[str, int]]:
    """Path and status of each request to the API, without what all have in common."""
    return [(entry.path.removeprefix("/2.0/snippets/acme"), entry.status) for entry in emulator.journal.select("api")]
