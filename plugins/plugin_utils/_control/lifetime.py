# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell how long a signed link works, as far as the link itself says it."""

from __future__ import annotations

import contextlib
import datetime
import re
from urllib.parse import parse_qs, urlsplit

# A link that ends sooner is not handed out any more; one that works for a short time is until half of that is over.
_LEAST_SECONDS = 60
_SECONDS = re.compile(r"[0-9]{1,12}\Z")


def is_usable(link: str, found: float, now: float) -> bool:
    """Return whether a signed link that was found then can be handed out now; both in seconds since 1970.

    By the clock of this machine, a link may have ended when it was found. Whether it works is then for the storage host to say.
    """
    end = find_end(link)
    if end is None or end <= found:
        return True
    return end - now > min(_LEAST_SECONDS, (end - found) / 2)


def find_end(link: str) -> float | None:
    """Return when a signed link ends in seconds since 1970, None if it does not tell.

    Links of Amazon S3 have one of two forms (fact sheet 1.4).
    """
    query = {name.lower(): values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    if _SECONDS.match(seconds := query.get("x-amz-expires", "")):
        with contextlib.suppress(ValueError):
            begin = datetime.datetime.strptime(query.get("x-amz-date", ""), "%Y%m%dT%H%M%SZ")
            return begin.replace(tzinfo=datetime.timezone.utc).timestamp() + int(seconds)
    expires = query.get("expires", "")
    return float(expires) if _SECONDS.match(expires) else None
