# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a TLS proxy in front of the emulator, with a real certificate. Must not depend on HTTP."""

from __future__ import annotations

import socket
import socketserver
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import trustme

from .serving import relay, serving


@contextmanager
def tls_front(origin: str, certificate: trustme.LeafCert) -> Iterator[str]:
    """Listen with TLS in front of a plain http origin; yield the https origin, which is at 127.0.0.1."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    target = urlsplit(origin)
    address = str(target.hostname), int(target.port or 80)

    class Handler(socketserver.BaseRequestHandler):
        """Handle a connection."""

        def handle(self) -> None:
            """Decrypt bytes, and pass them on."""
            with (
                suppress(OSError),
                context.wrap_socket(self.request, server_side=True) as outer,
                socket.create_connection(address) as inner,
            ):
                relay(outer, inner)

    with serving(Handler) as port:
        yield f"https://127.0.0.1:{port}"
