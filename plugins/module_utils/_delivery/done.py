# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Save the result for an artifact as JSON, for a later run of the module in the same task."""

from __future__ import annotations

import typing as t

from .._fetch.fetch import Fetched
from .._fetch.plan import Chosen, FetchRequest, Verdict
from .._files.local_file import LocalFile

Json = t.Dict[str, t.Any]


def render_fetched(fetched: Fetched) -> Json:
    """Return the result as JSON, without the artifact."""
    request = fetched.request
    return {
        "local": list(request.local),
        "digests": request.digests,
        "verdict": list(fetched.verdict),
        "sha256": fetched.sha256,
        "described": fetched.described,
        "backup": fetched.backup,
        "attributes": list(fetched.attributes),
        "present": fetched.present,
    }


def restore_fetched(chosen: Chosen, document: Json, force: bool) -> Fetched:
    """Return the result for this artifact from JSON."""
    before, after = document["attributes"]
    return Fetched(
        FetchRequest(*chosen, LocalFile(*document["local"]), force, document["digests"]),
        Verdict(*document["verdict"]),
        document["sha256"],
        document["described"],
        document["backup"],
        (before, after),
        document["present"],
    )
