# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connect clients to an emulator, and read through them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from ansible_collections.releng.bitbucket.plugins.module_utils._delivery.transport import PlainTransport
from ansible_collections.releng.bitbucket.plugins.module_utils._http.client import Client
from ansible_collections.releng.bitbucket.plugins.module_utils._http.connection import Connection
from ansible_collections.releng.bitbucket.plugins.module_utils._http.credentials import choose_credentials
from ansible_collections.releng.bitbucket.plugins.module_utils._http.multipart import encode_form
from ansible_collections.releng.bitbucket.plugins.module_utils._http.storage import open_contents
from tests.emulator import Emulator
from tests.helpers.clock import FakeClock

LISTING = "/repositories/acme/widgets/downloads"
AT_ONCE = {"Retry-After": "0"}
Connect = Callable[..., Client]


def connect(emulator: Emulator, clock: FakeClock | None = None, **settings: Any) -> Client:
    """Return a client of acme with the API token, for which waits take no time.

    ``settings`` are those of Connection; ``credentials`` may be a mapping of options.
    """
    return Client(_prepare(emulator, settings), clock=(clock or FakeClock()).clock)


def connect_plainly(emulator: Emulator, **settings: Any) -> Client:
    """Return a client without the library ``requests``; otherwise equal to that of ``connect``."""
    connection = _prepare(emulator, settings)
    transport = PlainTransport(connection.timeout, connection.verify)
    return Client(connection, clock=FakeClock().clock, transport=transport)


def _prepare(emulator: Emulator, settings: dict[str, Any]) -> Connection:
    credentials = settings.pop("credentials", {"user": emulator.user, "api_token": emulator.api_token})
    addresses = {"api_url": emulator.api_url, "token_url": emulator.token_url}
    given = {"workspace": "acme", **addresses, "timeout": 5, **settings}
    return Connection(credentials=choose_credentials(credentials, {}), **given)


def consumer(emulator: Emulator) -> dict[str, str]:
    """Return the options of the OAuth consumer."""
    return {"client_id": emulator.client_id, "client_secret": emulator.client_secret}


def list_names(client: Client) -> list[str]:
    """Return the names of the artifacts of acme/widgets."""
    return [item["name"] for item in client.list_once(LISTING).items]


def read(client: Client, name: str = "app", headers: Mapping[str, str] | None = None) -> bytes:
    """Return the contents of an artifact, with retries; empty if it has not changed."""

    def once() -> bytes:
        with open_contents(client, f"{LISTING}/{quote(name, safe='')}", headers or {}) as response:
            return response.read_all(1 << 20)

    return client.retries.repeat(once)


def send(client: Client, content: bytes = b"x") -> None:
    """Send an artifact called ``sent``."""
    client.send_once("POST", LISTING, *encode_form([], "files", {"sent": content}))


def list_hosts(emulator: Emulator) -> list[str]:
    """Return the host of each request, in order."""
    return [entry.host for entry in emulator.journal]
