# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apply the rules with which the service might change the name of a stored file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

Rename = Callable[[str], str]


def make_valid(name: str) -> str:
    """Return the result of Django's `get_valid_filename`; "" if no character remains."""
    valid = re.sub(r"[^-\w.]", "", name.strip().replace(" ", "_"))
    return "" if valid in (".", "..") else valid


RULES: dict[str, Rename] = {
    "spaces": lambda name: name.replace(" ", "_"),
    "django": make_valid,
    "nfc": lambda name: unicodedata.normalize("NFC", name),
    "nfd": lambda name: unicodedata.normalize("NFD", name),
    "lower": str.lower,
}
CHOICES = (None, "keep_case", *RULES)


def apply_rule(rule: str | Rename | None, name: str, existing: Iterable[str] = ()) -> str:
    """Return the name that a file gets; "keep_case" reuses an existing name that differs only in case."""
    if callable(rule):
        return rule(name)
    if rule == "keep_case":
        return name if name in (known := sorted(existing)) else next((one for one in known if one.lower() == name.lower()), name)
    return RULES[rule](name) if rule else name
