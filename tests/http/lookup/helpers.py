# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the lookups in this process with Ansible's loader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.plugins.loader import lookup_loader

from tests.emulator import Emulator
from tests.helpers.clock import FakeClock

DOWNLOAD = "releng.bitbucket.bitbucket_download"
SNIPPET = "releng.bitbucket.bitbucket_snippet"


class Looker:
    """Calls the lookup: ``look("VERSION", output="json")``. The connection points to the emulator, with its API token.

    An option that is given as None is left out; ``variables`` are those of the task. ``failure`` requires an error of the
    lookup itself and returns its message, ``refused`` one of Ansible's options.
    """

    lookup = DOWNLOAD

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self._clock = FakeClock()

    @property
    def pauses(self) -> list[float]:
        """Return the pauses between attempts in seconds; no run waits for them."""
        return self._clock.pauses

    @property
    def connection(self) -> dict[str, Any]:
        """Return the options that reach acme/widgets on the emulator, with few and fast attempts."""
        return {**self.address, "workspace": "acme", "repository": "widgets", **self.token}

    @property
    def address(self) -> dict[str, Any]:
        """Return the address of the emulator."""
        return {"api_url": self.emulator.api_url, "token_url": self.emulator.token_url, "timeout": 5, "retries": 0}

    @property
    def token(self) -> dict[str, Any]:
        """Return the API token of the emulator."""
        return {"user": self.emulator.user, "api_token": self.emulator.api_token}

    def __call__(self, *terms: Any, variables: Mapping[str, Any] | None = None, **options: Any) -> list[Any]:
        """Run the lookup."""
        return self.bare(*terms, variables=variables, **{**self.connection, **options})

    def bare(self, *terms: Any, variables: Mapping[str, Any] | None = None, **options: Any) -> list[Any]:
        """Run the lookup with only these options."""
        given = {name: value for name, value in options.items() if value is not None}
        plugin = lookup_loader.get(self.lookup)
        plugin.clock = self._clock.clock
        found = plugin.run(list(terms), variables=variables, **given)
        assert isinstance(found, list)
        return found

    def failure(self, *terms: Any, **arguments: Any) -> str:
        """Run the lookup, which must fail with its own message; return the message."""
        with pytest.raises(AnsibleLookupError) as caught:
            self(*terms, **arguments)
        return str(caught.value)

    def bare_failure(self, *terms: Any, **arguments: Any) -> str:
        """Run the lookup with only these options, which it or Ansible must refuse; return the message."""
        with pytest.raises(AnsibleError) as caught:
            self.bare(*terms, **arguments)
        return str(caught.value)


class SnippetLooker(Looker):
    """Calls the lookup bitbucket_snippet: ``look("notes.md", title="Notes")``. See Looker."""

    lookup = SNIPPET

    @property
    def connection(self) -> dict[str, Any]:
        """Return the options that reach the workspace acme on the emulator."""
        return {**super().connection, "repository": None}
