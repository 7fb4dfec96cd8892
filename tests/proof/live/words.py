# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show only words of a known vocabulary in an error message, because a message might contain a name or an address."""

from __future__ import annotations

import re

# Words of public messages and of similar sentences, without names of people and workspaces.
WORDS = """
a access accessible account action active add admin admins again agree all allowed already also an and another any api
app are artifact as at authenticated authentication authorization authorized available bad be because been before body
but by bytes can cannot change changelog change-2770 check client code commit content content-type contents could create
created credential credentials currently cut delete deleted denied deprecated details disabled disallowed do does doesn
download downloads e each either empty enabled endpoint entry error exceeded exist exists expired failed feature field
fields file filename files first for forbidden form form-data format found free from functionality get gone grant_type
had has have header hidden id identifier if in instead integer internal invalid is issue it json key kind latest length
like limit link list login long longer make many match may maximum mechanism media member message method missing
modified modify moved multipart multiplart must name names need needed new newest no node not null number object of old
older on one only or owner page pagelen paid parameter part parts path payment permission permissions plan please post
premium private privilege privileges provided public rate read read-only received refresh remove removed renamed request
requested required requires resource rest revision role satisfy scope scopes select send sent server service set short
should sign size snippet snippets something sorry spam standard state storage store string such support supported
supports take text than that the there think this title to token tokens too try two type unable unauthorized unknown
unsupported upgrade upload uploads use used user user's users valid value values was way we went were what when where
which who will with without workspace workspaces write wrong you your yours
"""
VOCABULARY = frozenset(WORDS.split())


def mask(message: str) -> str:
    """Return the message in lower case, with dots for unknown words, and without quotes and ends of sentences."""
    words = re.findall(r"[A-Za-z0-9_'.@/:{}+-]+", message)
    plain = [word.strip(".:'{}").lower() for word in words]
    shown = [word if word in VOCABULARY else "..." for word in plain if word]
    return re.sub(r"(\.\.\. ?)+", "... ", " ".join(shown)).strip()
