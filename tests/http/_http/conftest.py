# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide certificates, and tasks that use a client: a module and a lookup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import trustme

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.helpers.tls import tls_front
from tests.http._http.helpers import Connect, connect, connect_plainly
from tests.http.lookup.helpers import Looker


class ReadingTask:
    """A task that reads from acme/widgets, with options that come from arguments or, in lookups, from variables.

    An option that is given as None is left out.
    """

    def __init__(self, run: ModuleRunner, look: Looker, kind: str) -> None:
        self._run, self._look = run, look
        self.kind = kind

    @property
    def pauses(self) -> list[float]:
        """Return the pauses between attempts in seconds."""
        return [*self._run.pauses, *self._look.pauses]

    def __call__(self, **options: Any) -> None:
        """Run the task, which must succeed."""
        if self.kind == "module":
            self._run.ok("bitbucket_download_info", **options)
        else:
            self._look.bare("missing", **self._given(options))

    def failure(self, **options: Any) -> str:
        """Run the task, which must fail; return the message."""
        if self.kind == "module":
            return self._run.failure("bitbucket_download_info", **options)
        return self._look.bare_failure("missing", **self._given(options))

    def _given(self, options: dict[str, Any]) -> dict[str, Any]:
        rest = {name: value for name, value in self._look.connection.items() if name not in options}
        if self.kind == "lookup":
            return {**rest, **options, "on_missing": "skip"}
        variables = {f"bitbucket_{name}": value for name, value in options.items() if value is not None}
        return {**rest, "variables": variables, "on_missing": "skip"}


@pytest.fixture(params=["module", "lookup", "variables"])
def task(request: pytest.FixtureRequest, emulator: Emulator, run: ModuleRunner) -> ReadingTask:
    """Return a task with a module, a lookup with arguments, and a lookup with variables."""
    return ReadingTask(run, Looker(emulator), request.param)


@pytest.fixture(name="connect", params=[connect, connect_plainly], ids=["requests", "plain"])
def connect_by_either(request: pytest.FixtureRequest) -> Connect:
    """Return a function that connects clients, with the library ``requests`` and without it."""
    connect: Connect = request.param
    return connect


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Return a certificate authority that no system knows."""
    return trustme.CA()


@pytest.fixture(scope="session")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of the certificate of the authority."""
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture(scope="session")
def other_bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of the certificate of another authority."""
    path = tmp_path_factory.mktemp("ca") / "other.pem"
    trustme.CA().cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture
def front(emulator: Emulator, authority: trustme.CA) -> Iterator[str]:
    """Return the https origin of the emulator's API."""
    with tls_front(emulator.origin, authority.issue_cert("127.0.0.1")) as origin:
        yield origin
