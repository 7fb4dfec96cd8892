# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the results as Markdown and JSON. The report is built from an allow-list and searched for secrets."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from .assumed import FILE
from .errors import CannotRun
from .plan import describe
from .probe import PROBES
from .runner import AS_ASSUMED, DIFFERS, NO_RESULT, SKIPPED, Result
from .settings import API_TOKENS, API_URL, Settings
from .shapes import headers_present, media_type, shape
from .wire import Response
from .words import VOCABULARY

FORMAT = 1
CREDENTIALS = {*API_TOKENS, "access_token", "oauth"}
# Headers of responses whose names are in the report. It never contains their values.
HEADERS = (
    "Accept-Ranges",
    "Allow",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Range",
    "ETag",
    "Last-Modified",
    "Location",
    "Retry-After",
    "WWW-Authenticate",
    "X-Accepted-OAuth-Scopes",
    "X-Credential-Type",
    "X-OAuth-Scopes",
    "X-RateLimit-Limit",
    "X-RateLimit-NearLimit",
    "X-RateLimit-Resource",
    "x-amz-server-side-encryption",
)
SHORTEST_NAME = 3


class Head(NamedTuple):
    """Describe the run. ``plan`` is the plan of the workspace according to the user."""

    date: str
    service: str
    credentials: list[str]
    plan: str
    python: str
    requests: int
    bytes: int
    left_over: int


def make_head(settings: Settings, plan: str, requests: int, sent: int, left_over: int) -> Head:
    """Return the head of a report with the current date."""
    service = "Bitbucket Cloud" if settings.api_url == API_URL else "another service"
    date = datetime.now(UTC).strftime("%Y-%m-%d")
    return Head(date, service, sorted(settings.kinds() & CREDENTIALS), plan, platform.python_version(), requests, sent, left_over)


def as_record(result: Result, assumed: Mapping[str, Any], settings: Settings, run: str) -> dict[str, Any]:
    """Return a result for the JSON report."""
    return {
        "id": result.probe.id,
        "question": result.probe.question,
        "sheet": result.probe.sheet,
        "verdict": result.verdict,
        "why": result.why,
        "assumed": assumed.get(result.probe.id, {}),
        "seen": dict(result.seen),
        "differences": [one._asdict() for one in result.differences],
        "exchanges": [
            {"request": describe(one.request, settings, run).text(), "response": scrub(one.response)} for one in result.exchanges
        ],
    }


def scrub(response: Response | None) -> dict[str, Any] | None:
    """Return the parts of a response for the report, without values of headers and of the body."""
    if response is None:
        return None
    kind = media_type(response)
    found: dict[str, Any] = {"status": response.status, "media type": kind, "headers": headers_present(response, HEADERS)}
    if kind and kind.startswith("application/json") and not response.header("Content-Encoding"):
        found["body"] = shape(response.json())
    return found


def as_document(head: Head, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the JSON report."""
    return {"format": FORMAT, "head": head._asdict(), "probes": records}


def as_markdown(head: Head, records: list[dict[str, Any]]) -> str:
    """Return the Markdown report: the differences, then all results, then the exchanges."""
    counts = {verdict: sum(one["verdict"] == verdict for one in records) for verdict in (AS_ASSUMED, DIFFERS, NO_RESULT, SKIPPED)}
    lines = ["# Live report", "", *(f"- {name.replace('_', ' ')}: {_plain(value)}" for name, value in head._asdict().items()), ""]
    lines += [", ".join(f"{count} {verdict}" for verdict, count in counts.items()) + ".", ""]
    lines += ["## Differences", "", "| probe | field | assumed | seen |", "|---|---|---|---|"]
    for one in records:
        lines += [
            f"| {one['id']} | {_cell(d['field'])} | {_cell(d['assumed'])} | {_cell(d['seen'])} |" for d in one["differences"]
        ]
    lines += ["", "## Results", "", "| probe | question | verdict |", "|---|---|---|"]
    lines += [f"| {one['id']} | {_cell(one['question'])} | {_cell(one['verdict'])}{_cell(_why(one))} |" for one in records]
    lines += ["", "## Exchanges", ""]
    for one in records:
        if one["exchanges"]:
            lines += [f"### {one['id']} {one['question']}", ""]
            lines += [f"- {item['request']}: `{json.dumps(item['response'])}`" for item in one["exchanges"]] + [""]
    return "\n".join(lines).rstrip() + "\n"


def _why(record: Mapping[str, Any]) -> str:
    return f": {record['why']}" if record["why"] else ""


def _plain(value: object) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


def _cell(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.replace("|", "\\|").replace("\n", " ")


def require_clean(text: str, secrets: Iterable[str], names: Iterable[str]) -> None:
    """Raise CannotRun if the text contains a secret, or a name that is not an ordinary word of all reports."""
    if any(secret in text for secret in secrets if secret):
        raise CannotRun("The report was not written because it would contain a secret. Please report this error.")
    ordinary = _ordinary_text()
    for name in names:
        pattern = rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])"
        if (
            len(name) >= SHORTEST_NAME
            and re.search(pattern, text, re.IGNORECASE)
            and not re.search(pattern, ordinary, re.IGNORECASE)
        ):
            raise CannotRun("The report was not written because it would contain a name or an ID. Please report this error.")


def _ordinary_text() -> str:
    """Return the words that are in all reports."""
    probes = "\n".join(f"{one.title}\n{one.ours}\n{one.sheet}" for one in PROBES.values())
    heads = " ".join(
        [*Head._fields, "Bitbucket Cloud another service Live report Differences Results Exchanges assumed seen verdict field"]
    )
    return "\n".join([FILE.read_text("utf-8"), probes, heads, " ".join(sorted(VOCABULARY)), " ".join(HEADERS)])


def write(folder: Path, head: Head, records: list[dict[str, Any]], secrets: Iterable[str], names: Iterable[str]) -> list[Path]:
    """Write both reports, or none if one contains a secret; return their paths."""
    texts = {
        f"report-{head.date}.md": as_markdown(head, records),
        f"report-{head.date}.json": json.dumps(as_document(head, records), indent=1, sort_keys=True) + "\n",
    }
    known, people = set(secrets), set(names)
    for text in texts.values():
        require_clean(text, known, people)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    return [folder / name for name in texts]
