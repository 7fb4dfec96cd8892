# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign and check URLs of the storage host with AWS signature version 2, as redirects of Bitbucket use it.

The signature covers method, Content-MD5, Content-Type, expiry, all x-amz- headers, path and response-* parameters.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

TOKEN = "x-amz-security-token"
BUCKET = "/bbuseruploads"


@dataclass
class Signer:
    """Sign with the key of the storage host, which is new after each start and reset."""

    key_id: str = field(default_factory=lambda: "ASIA" + secrets.token_hex(8).upper())
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(30))
    session: str = field(default_factory=lambda: "IQoJb3JpZ2luX2Vj" + secrets.token_urlsafe(96))

    def reset(self) -> None:
        """Create a new key, which invalidates all signed URLs."""
        vars(self).update(vars(Signer()))

    def query(self, path: str, overrides: Mapping[str, str], expires: int) -> str:
        """Return the query of a signed GET for this raw path. `overrides` are the response-* parameters."""
        signature = self.sign("GET", path, {**overrides, TOKEN: self.session}, {}, str(expires))
        values = {
            **overrides,
            "AWSAccessKeyId": self.key_id,
            "Signature": signature,
            TOKEN: self.session,
            "Expires": str(expires),
        }
        return "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items())

    def sign(self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], expires: str) -> str:
        """Return the signature of a request; names of `headers` are in lower case."""
        amazon = {name: value for name, value in headers.items() if name.startswith("x-amz-")}
        if TOKEN in query:
            amazon[TOKEN] = query[TOKEN]
        signed = sorted((name, value) for name, value in query.items() if name.startswith("response-"))
        resource = BUCKET + path + ("?" + "&".join(f"{name}={value}" for name, value in signed) if signed else "")
        lines = [method, headers.get("content-md5", ""), headers.get("content-type", ""), expires]
        lines += [f"{name}:{value}" for name, value in sorted(amazon.items())]
        text = "\n".join([*lines, resource]).encode()
        return base64.b64encode(hmac.new(self.secret, text, hashlib.sha1).digest()).decode()

    def valid(self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        """Return whether the request has a valid signature."""
        expected = self.sign(method, path, query, headers, query.get("Expires", ""))
        given = query.get("Signature", "")
        return query.get("AWSAccessKeyId") == self.key_id and hmac.compare_digest(expected.encode(), given.encode())
