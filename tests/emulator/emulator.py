# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Combine the parts of the emulator: state, identities and the two hosts."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Iterable
from types import TracebackType

from .auth import accounts as who
from .auth.gate import Gate
from .auth.signing import Signer
from .auth.tokens import PATH, Tokens
from .control.endpoint import Control
from .downloads.api import Api
from .downloads.gate import RepositoryGate
from .downloads.state import Repository
from .downloads.storage import Storage
from .faults.faults import Faults
from .http.exchange import Handle
from .http.host import Host
from .http.server import Server
from .journal import Journal
from .snippets.api import SnippetApi
from .snippets.state import Snippets
from .switches import Switches
from .workspaces import State, Workspace

CONTROL = "/_emulator/"


class Emulator:
    """Emulate Bitbucket Cloud on loopback. The context manager listens from the start to the end of its block.

    The API is at 127.0.0.1 and the storage at localhost: origins with different hosts, as in the real service.
    """

    def __init__(
        self,
        port: int = 0,
        storage_port: int = 0,
        workspace: str = "acme",
        repository: str = "widgets",
        private: bool = True,
    ) -> None:
        self._ports = port, storage_port
        self._workspace, self._repository, self._private = workspace, repository, private
        self.journal, self.faults, self.switches = Journal(), Faults(), Switches()
        self.user = f"publisher-{secrets.token_hex(4)}@example.com"
        self.state = State(self.user, self.switches)
        self.clock = self.state.clock
        self.accounts = who.Accounts(self.clock)
        self.signer = Signer()
        self.repository(workspace, repository, private)
        self.api_token = self.mint_api_token()
        self.access_token = self.mint_access_token()
        client = self.mint_client()
        self.client_id, self.client_secret = client.client_id, client.client_secret
        self.accounts.keep()
        self._servers: list[Server] = []
        self._resetting = threading.Lock()

    def start(self) -> Emulator:
        """Listen."""
        gate = Gate(self.accounts, self.switches)
        api = Api(self.state, self.switches, gate, RepositoryGate(gate), self.signer, lambda: self.storage_url)
        snippets = SnippetApi(self.state, gate)
        storage = Storage(self.state, self.switches, self.signer)
        front: dict[str, tuple[str | None, Handle]] = {
            CONTROL: (None, Control(self)),
            PATH: ("token", Tokens(self.accounts, self.switches)),
            "/2.0/snippets": ("api", snippets),
            "/!api/": ("api", snippets),
            "": ("api", api),
        }
        shared = self.journal, self.faults.apply, self.switches, self.clock
        back = Host({"": ("storage", storage)}, *shared)
        self._servers = [
            Server("127.0.0.1", self._ports[0], Host(front, *shared), kept=CONTROL),
            Server("127.0.0.1", self._ports[1], back),
        ]
        if localhost_is_also_ipv6():
            self._servers.append(Server("::1", self._servers[1].port, back))
        for server in self._servers:
            server.neighbors = {"api": self._servers[:1], "token": self._servers[:1], "storage": self._servers[1:]}
        return self

    def stop(self) -> None:
        """Close all connections and delete all files."""
        for server in self._servers:
            server.stop()
        self.state.blobs.close()

    def refuse(self, host: str = "api", seconds: float | None = None) -> None:
        """Make "api" (with "token") or "storage" refuse connections for some seconds, or until `accept`."""
        self._servers[0].refuse_at(host, seconds)

    def accept(self) -> None:
        """Make all hosts accept connections again."""
        for server in self._servers:
            server.accept()

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def origin(self) -> str:
        """Return scheme, host and port of the API host."""
        return f"http://127.0.0.1:{self._servers[0].port}"

    @property
    def api_url(self) -> str:
        """Return the base URL of the API."""
        return self.origin + "/2.0"

    @property
    def token_url(self) -> str:
        """Return the URL of the OAuth token endpoint."""
        return self.origin + PATH

    @property
    def control_url(self) -> str:
        """Return the base URL of the control endpoint."""
        return self.origin + CONTROL.rstrip("/")

    @property
    def storage_url(self) -> str:
        """Return scheme, host and port of the storage host."""
        return f"http://localhost:{self._servers[1].port}"

    def environment(self) -> dict[str, str]:
        """Return the environment variables of a publisher with an API token."""
        return {
            "BITBUCKET_API_URL": self.api_url,
            "BITBUCKET_TOKEN_URL": self.token_url,
            "BITBUCKET_WORKSPACE": self._workspace,
            "BITBUCKET_REPO_SLUG": self._repository,
            "BITBUCKET_USERNAME": self.user,
            "BITBUCKET_API_TOKEN": self.api_token,
        }

    def repository(self, workspace: str = "acme", slug: str = "widgets", private: bool | None = None) -> Repository:
        """Create or get a repository; see `State.repository`."""
        return self.state.repository(workspace, slug, private)

    def workspace(self, slug: str = "acme", member: bool | None = None) -> Workspace:
        """Create or get a workspace; with `member=False` the identities of the emulator are not its members."""
        return self.state.workspace(slug, member)

    @property
    def snippets(self) -> Snippets:
        """Return the snippets of the default workspace."""
        return self.state.workspace(self._workspace).snippets

    def mint_api_token(
        self,
        scopes: Iterable[str] = who.API_SCOPES,
        user: str | None = None,
        role: str = "write",
        life: float | None = None,
    ) -> str:
        """Create an API token, by default of the default account."""
        return self.accounts.mint_api_token(user or self.user, scopes, role, life)

    def mint_access_token(
        self,
        scopes: Iterable[str] = (who.OLD_WRITE,),
        only: tuple[str, str] | None = None,
        life: float | None = None,
    ) -> str:
        """Create an access token; `only` (workspace and repository slugs) limits it to one repository."""
        return self.accounts.mint_access_token(scopes, only, life)

    def mint_client(self, scopes: Iterable[str] = who.OLD_SCOPES, expires_in: int = 7200) -> who.Client:
        """Create an OAuth consumer with `client_id` and `client_secret`."""
        return self.accounts.mint_client(scopes, expires_in)

    def reset(self) -> None:
        """Return to the state of a new emulator. Ports, the default user and the default identities remain.

        End all connections first, so that no earlier request has an effect afterwards.
        """
        with self._resetting:
            for server in self._servers:
                server.reset()
            self.faults.clear()
            self.switches.reset()
            self.clock.offset = 0
            self.accounts.reset()
            self.signer.reset()
            self.state.clear()
            self.repository(self._workspace, self._repository, self._private)
            self.journal.clear()


def localhost_is_also_ipv6() -> bool:
    """Return whether clients of `localhost` can use ::1 and the emulator can listen there."""
    try:
        if not socket.getaddrinfo("localhost", 0, socket.AF_INET6, socket.SOCK_STREAM):
            return False
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
