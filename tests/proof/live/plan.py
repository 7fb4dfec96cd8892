# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe requests without secrets, for the plan and for the exchanges in the report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from .gate import Request
from .settings import Settings

SHA = re.compile(r"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])")
UUID = re.compile(r"\{[0-9a-f-]{36}\}")
SNIPPET = re.compile(r"(/snippets/[^/?]+/)(?!\(|lp-)([^/?]+)")


class Sent(NamedTuple):
    """Describe a request in the plan. ``credential`` is its kind, or "none"."""

    method: str
    path: str
    credential: str
    bytes: int

    def text(self) -> str:
        """Return the request as a line of text."""
        size = f", {self.bytes} bytes" if self.bytes else ""
        return f"{self.method} {self.path} ({self.credential}{size})"


def describe(request: Request, settings: Settings, run: str) -> Sent:
    """Return a request with placeholders for names and IDs."""
    size = 0 if len(request.body) < 100_000 else round(len(request.body), -5)
    return Sent(request.method, _path(request.url, settings, run), request.credential or _credential(request, settings), size)


def _credential(request: Request, settings: Settings) -> str:
    """Return the kind of a request's credential."""
    if request.url == settings.token_url:
        return "client credentials"
    value = next((value for name, value in request.headers.items() if name.lower() == "authorization"), None)
    if value is None:
        return "none"
    kinds = [*settings.tokens, *(["access_token"] if settings.access_token else [])]
    return next((kind for kind in kinds if settings.authorization(kind) == value), "another credential")


def _path(url: str, settings: Settings, run: str) -> str:
    if url == settings.token_url:
        return "(token endpoint)"
    if not url.startswith(settings.api_url + "/"):
        return "(signed URL at the storage host)"
    parts = urlsplit(url[len(settings.api_url) :])
    text = unquote(parts.path)
    if text != unquote(text) or len(text) > 120:
        text = parts.path[:120]
    text = SHA.sub("(sha)", UUID.sub("(uuid)", text))
    text = re.sub(r"^(/repositories/|/snippets/)([^/]+)", lambda match: match[1] + _workspace(match[2], settings), text)
    text = re.sub(r"^(/repositories/[^/]+/)([^/]+)", lambda match: match[1] + _repository(match[2], settings), text)
    text = SNIPPET.sub(r"\1(id)", text).replace(run, "lp-(run)")
    return text + (f"?{parts.query.replace(run, 'lp-(run)')}" if parts.query else "")


def _workspace(text: str, settings: Settings) -> str:
    if text in ("lp-absent", "(uuid)"):
        return text
    names = {settings.workspace: "(workspace)", settings.free_workspace: "(free workspace)"}
    return names.get(text, "(WORKSPACE)" if text.lower() == settings.workspace.lower() else "(other workspace)")


def _repository(text: str, settings: Settings) -> str:
    if text in ("lp-absent", "(uuid)"):
        return text
    names = {settings.repository: "(repository)", settings.free_repository: "(free repository)"}
    names[settings.public_repository.rpartition("/")[2]] = "(public repository)"
    return names.get(text, "(REPOSITORY)" if text.lower() == settings.repository.lower() else "(other repository)")


def fold(requests: Iterable[Sent]) -> list[str]:
    """Return the lines of requests, with one line for equal successive requests."""
    found: list[tuple[str, int]] = []
    for sent in requests:
        text = sent.text()
        if found and found[-1][0] == text:
            found[-1] = (text, found[-1][1] + 1)
        else:
            found.append((text, 1))
    return [text if count == 1 else f"{count} times {text}" for text, count in found]


def print_plan(lines: Mapping[str, list[str]], questions: Mapping[str, str]) -> str:
    """Return the plan as text: each probe with its requests."""
    texts = [f"{questions[identity]}\n" + "\n".join(f"    {line}" for line in sent) for identity, sent in lines.items()]
    return "\n".join(texts)
