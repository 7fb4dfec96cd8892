# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Document the options that all lookups share."""

from __future__ import annotations


class ModuleDocFragment:
    """DOCUMENTATION: every lookup."""

    DOCUMENTATION = r"""
options:
  output:
    description:
      - What to return. V(text) decodes the contents, V(base64) takes any bytes, V(json) and V(yaml) return the data of the
        document.
      - With V(yaml), times are returned as text. Binary data, sets, and aliases that stand for more than 100000 values are
        refused.
    type: str
    choices: [text, base64, json, yaml]
    default: text
  encoding:
    description:
      - The encoding of text, JSON and YAML. Bytes that do not decode are an error.
    type: str
    default: utf-8
  rstrip:
    description:
      - Whether to remove white space from the end of text.
    type: bool
    default: true
  on_missing:
    description:
      - What to do about a term that is not there, which a listing must have proved. V(warn) and V(skip) leave it out.
    type: str
    choices: [error, warn, skip]
    default: error
  checksum:
    description:
      - The digest that the contents must have, as V(sha256:) and hex digits; V(sha512:), V(sha1:) and V(md5:) work as well. For
        one term.
    type: str
  max_size:
    description:
      - The most bytes that are read for one term. More is an error.
    type: int
    default: 10485760
requirements:
  - requests
"""
