# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Determine how long a signed URL is valid, from the URL itself."""

from __future__ import annotations

import contextlib
import datetime
import re
from urllib.parse import parse_qs, urlsplit

# A URL that expires sooner is not used. A URL with a short validity is used for half of it.
_LEAST_SECONDS = 60
_SECONDS = re.compile(r"[0-9]{1,12}\Z")


def is_usable(link: str, found: float, now: float) -> bool:
    """Return whether a signed URL can still be used. ``found`` and ``now``: in seconds since 1970.

    If the clock of this machine is wrong, a URL might seem expired when it was found. Then only the storage host can decide.
    """
    end = find_end(link)
    if end is None or end <= found:
        return True
    return end - now > min(_LEAST_SECONDS, (end - found) / 2)


def find_end(link: str) -> float | None:
    """Return when a signed URL expires in seconds since 1970, or None if it is unknown.

    Signed URLs of Amazon S3 have one of two formats (fact sheet 1.4).
    """
    query = {name.lower(): values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    if _SECONDS.match(seconds := query.get("x-amz-expires", "")):
        with contextlib.suppress(ValueError):
            begin = datetime.datetime.strptime(query.get("x-amz-date", ""), "%Y%m%dT%H%M%SZ")
            return begin.replace(tzinfo=datetime.timezone.utc).timestamp() + int(seconds)
    expires = query.get("expires", "")
    return float(expires) if _SECONDS.match(expires) else None
