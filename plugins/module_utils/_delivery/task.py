# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the task of a host that fetches what the control node provides. Other tasks do not import this package."""

from __future__ import annotations

import typing as t

from .._fetch.fetch import Fetched, Fetcher
from .._outcome import Outcome, Progress, Result
from .delivery import Json, Question, parse_delivery
from .downloads import DeliveredDownloads, create_link_client
from .host import DeliveredRequests, ask, fetch_delivery

if t.TYPE_CHECKING:
    from .._fetch.choose import Wanted
    from .._fetch.fetch import FileInstaller
    from .._fetch.local import FetchOptions
    from .._http.client import Client
    from .._http.retries import Clock


class DeliveredTask:
    """The task of a host with a delivery from the control node. ``document``: the delivery as JSON."""

    def __init__(self, document: Json) -> None:
        self._delivery = parse_delivery(document)

    def create_client(
        self, options: t.Mapping[str, t.Any], add_secret: t.Callable[[str], object], threads: int, clock: Clock
    ) -> Client:
        """Return a client that needs neither credentials nor the library requests."""
        return create_link_client(options, self._delivery, add_secret, threads, clock)

    def fetch(
        self,
        client: Client,
        repository: str,
        wanted: Wanted,
        options: FetchOptions,
        installer: FileInstaller,
        check_mode: bool,
        progress: Progress,
    ) -> tuple[list[Fetched], Result] | Outcome:
        """Return the fetched artifacts and additional results, or the outcome of a run that ends with a question."""
        downloads = DeliveredDownloads(client, repository, self._delivery)
        requests = DeliveredRequests(self._delivery, wanted, options)
        found = fetch_delivery(Fetcher(downloads, requests, options, installer), requests, check_mode, progress)
        return ask(found) if isinstance(found, Question) else (found, requests.facts)
