# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the options for keys. Only a task with keys imports the rest of this package."""

from __future__ import annotations

import typing as t

from .._errors import BadInput

if t.TYPE_CHECKING:
    from .trust import Trust

_KEYS = ("signing_key", "signed_by")
_NEEDS = (
    (("signing_passphrase", "gnupg_home"), ("signing_key",)),
    (("signature",), _KEYS),
)


def parse_trust(options: t.Mapping[str, t.Any], document: str | None = None) -> Trust | None:
    """Return the keys that sign and verify the manifest, or None for a task without keys. Raise BadInput.

    Other files are imported only for a task with keys. ``document``: name of the signed artifact, if it is not the manifest.
    """
    documents = ("manifest", "channel") if "channel" in options else ("manifest",)
    for names, needed in _NEEDS if document is not None else (*_NEEDS, (_KEYS, documents)):
        for name in names:
            if options.get(name) is not None and not any(options.get(each) is not None for each in needed):
                raise BadInput(f"{name} needs {' or '.join(needed)}")
    if all(options.get(name) is None for name in _KEYS):
        return None
    from .keys import create_trust

    return create_trust(options, document)
