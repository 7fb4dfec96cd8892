# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing the manifest up to date, last and alone. Knows no payload but its own."""

from __future__ import annotations

import typing as t

from .._errors import BadInput
from .._files.payload import Payload
from .._names import renamed_pattern
from .._text import quoted
from .api import Downloads
from .artifact import Listing
from .manifest import ManifestPlan
from .manifest_reader import ManifestReader
from .upload import Uploader, require_stored


class ManifestKeeper(ManifestReader):
    """Reads and writes one manifest of one repository."""

    def __init__(self, downloads: Downloads, name: str) -> None:
        super().__init__(downloads, name)
        if renamed_pattern(name):
            # It could not be found again under another name, for what it will hold is not known before it is read.
            raise BadInput(
                f"manifest {quoted(name)} is refused: the service may store another name, use letters, digits, '.', '_' and '-'"
            )

    def apply(self, plan: ManifestPlan, uploader: Uploader, before: Listing, verify: bool) -> None:
        """Do what the plan says; ``before`` is the listing that it was made from."""
        if plan.text is not None:
            data = plan.text.encode("utf-8")
            payload = Payload(self.name, len(data), data=data)
            uploader.send([payload], before, parallel=1)
            if verify:
                require_stored([payload], self._downloads, before)
        elif plan.status == "deleted":
            self._downloads.delete(self.name)


def manifest_result(keeper: ManifestKeeper, plan: ManifestPlan) -> dict[str, t.Any]:
    """The result key ``manifest``."""
    return {"name": keeper.name, "status": plan.status, "size": plan.size}
