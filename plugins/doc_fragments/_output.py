# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Document the options that all lookups share."""

from __future__ import annotations


class ModuleDocFragment:
    """DOCUMENTATION: all lookups."""

    DOCUMENTATION = r"""
options:
  output:
    description:
      - Form of the result. V(text) decodes the contents. V(base64) accepts any contents. V(json) and V(yaml) return the data of
        the document.
      - With V(yaml), timestamps are returned as text. Binary data, sets, and aliases that expand to more than 100000 values are
        errors.
    type: str
    choices: [text, base64, json, yaml]
    default: text
  encoding:
    description:
      - Encoding of text, JSON and YAML. Contents that cannot be decoded are an error. Ignored with O(output=base64).
    type: str
    default: utf-8
  rstrip:
    description:
      - Whether to remove white space from the end of the contents. Ignored unless O(output=text).
    type: bool
    default: true
  on_missing:
    description:
      - What to do if a complete listing does not have a term. V(warn) and V(skip) omit the term from the result.
    type: str
    choices: [error, warn, skip]
    default: error
  checksum:
    description:
      - Digest that the contents must have, as V(sha256:) and hexadecimal digits. V(sha512:), V(sha1:) and V(md5:) are supported
        as well.
      - Only for a lookup with one term.
    type: str
  max_size:
    description:
      - Maximum size, in bytes, of the contents of one term. Larger contents are an error.
    type: int
    default: 10485760
"""
