# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the switches: the behavior of the service where it is unknown or has changed over the years."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from . import renaming
from .renaming import Rename

CHOICES: dict[str, tuple[object, ...]] = {
    "missing_files": (400, 201),
    "upload_status": (201, 200),
    "upload_effect": ("store", "none", "suffix"),
    "delete_effect": ("delete", "none"),
    "stored_damage": (None, "truncate", "zero"),
    "chunked_upload": (411, 201),
    "downloads_free_plan": (None, "empty", "strings"),
    "downloads_free_plan_post": (201, 402, 403),
    "url_style": ("uuid", "slug"),
    "snippet_answers": ("all", "json_only", "json_406", "form_only"),
    "snippet_text": ("7bit", "8bit", "quoted-printable", "base64", "base64_canonical", "base64_untyped"),
    "snippet_text_damage": (None, "crlf", "final_newline", "bom", "latin1", "blanks"),
    "snippet_line_ends": ("crlf", "lf"),
    "snippet_part_names": ("utf8", "rfc2231", "rfc2047"),
    "snippet_form_fields": ("title", "all"),
    "snippet_file_links": ("real", "documented"),
    "snippet_empty_create": (400, 201),
    "snippet_last_file": (400, 200),
    "snippet_hidden": (403, 404),
    "snippet_access_token": (403, 401),
    "snippet_order": ("newest", "oldest"),
    "snippet_global_list": (410, 200),
    "snippet_write_body": ("document", "empty"),
    "api_encoding": (None, "gzip", "deflate", "br"),
    "snippet_free_plan": (False, True, "empty"),
    "snippet_create_effect": ("create", "none"),
    "snippet_put_effect": ("apply", "none"),
    "snippet_delete_effect": ("delete", "none"),
    "snippet_title_change": (None, "nfc", "nfd", "strip", "collapse", "escape", "lower", "end"),
    "snippet_contents_change": (None, "crlf", "final_newline", "bom"),
    "etag": ("md5", "multipart", "opaque", "none"),
}


@dataclass
class Switches:
    """Hold one attribute for each switch. An unknown name or value is an error, so that a test notices a typo."""

    # API host: uploads
    upload_status: int = 201
    missing_files: int = 400  # POST without a `files` part; 201: it succeeds and stores nothing
    upload_effect: str = "store"  # "none": 201 without effect; "suffix": if the name exists, the file gets another name
    upload_effect_names: str | None = None  # regular expression: `upload_effect` applies to matching names only
    delete_effect: str = "delete"  # "none": 204 without effect
    delete_effect_names: str | None = None
    stored_damage: str | None = None  # "truncate": storage keeps half of the bytes; "zero": none. The listing shows the sent size
    chunked_upload: int = 411  # a POST in chunks; 201: it is accepted, as observed at the service
    rename: str | Rename | None = None  # None, a rule of `renaming`, or a callable
    created_on_moves: bool = True  # a replacement gets a new date
    plain_400: bool = False  # 400 as the plain text "Bad Request"
    # API host: listing
    page_cap: int | None = None  # maximum number of items in a page, regardless of the requested one
    pagelen_max: int = 100  # 400 "Invalid pagelen" above it; the service documents 100 and reserves the right to change it
    next_drops: Sequence[str] = ()  # parameters of the request that are missing in `next`: "role", "pagelen"
    list_size: bool = True
    list_page: bool = True
    list_user: bool = True  # False: `user` is null everywhere
    listing_lag_reads: int = 0  # number of readings of the listing that do not show a write
    listing_lag_seconds: float = 0.0
    listing_repeat: bool = False  # each page starts with the last item of the previous page
    downloads_free_plan: str | None = None  # "empty": the listing has no items; "strings": it has texts instead of items
    downloads_free_plan_post: int = 201
    # API host: access
    empty_401: bool = False
    token_ends_after_seconds: float | None = None  # instead of `expires_in` of an OAuth token
    token_ends_after_requests: int | None = None  # number of requests to the API with the token
    # API host: the redirect
    signed_url_life: float = 1200.0  # seconds
    signed_url_cached: float = 0.0  # seconds for which an artifact has the same signed URL
    signed_url_cached_expired: bool = False  # the first URL of each artifact has already expired
    url_style: str = "uuid"  # path of the signed URL; "slug" is the style until 2020
    redirect_body: str = ""
    content_encoding: str | None = None  # "None" adds the stray response-content-encoding=None of 2022-2023
    # snippets: the three forms of responses to GET, POST and PUT
    snippet_answers: str = (
        "all"  # "json_only": always JSON; "json_406": 406 for other forms; "form_only": form-data instead of related
    )
    snippet_text: str = "7bit"  # encoding of ASCII text parts; with "7bit", other text is base64
    snippet_text_damage: str | None = None  # change of text parts: a rule of `altering.SENT`
    snippet_line_ends: str = "crlf"  # line ends of the multipart framing; some mail libraries write "lf"
    snippet_part_names: str = "utf8"  # encoding of non-ASCII names in the headers of parts
    snippet_form_fields: str = "title"  # form-data has only the title, as documented; "all": all root-level properties
    snippet_missing_part: str | None = None  # the file with this name has no part
    snippet_cut_closing: bool = False  # the closing boundary is missing
    snippet_wrong_root: bool = False  # `start` names no part, and the first part is a different JSON object
    # snippets: links
    snippet_file_links: str = "real"
    snippet_revision_links: bool = True  # False: no links.diff, no links.patch
    snippet_file_redirect_401: bool = False  # files/{path} redirects to a URL that refuses credentials
    # snippets: writing, listing, rights
    identical_put_commits: bool = False
    snippet_empty_create: int = 400  # a POST without files
    snippet_last_file: int = 400  # a PUT that deletes the last file
    snippet_write_body: str = "document"  # "empty": responses to POST and PUT have no body; Location remains
    snippet_title_length: int | None = None  # longer titles are truncated silently
    snippet_stays_public: bool = False  # a snippet becomes public even if a private one is requested
    snippet_order: str = "newest"
    snippet_free_plan: bool | str = False  # True: the listing has texts instead of items, and a POST is 402; "empty": no items
    # snippets: delay and effect of writes
    snippet_lag_reads: int = 0  # number of readings of each listing that show the state before a write
    snippet_lag_seconds: float = 0.0
    snippet_spam_listed: bool = False
    snippet_create_effect: str = "create"  # "none": 201 without effect
    snippet_put_effect: str = "apply"  # "none": 200 with the unchanged snippet
    snippet_delete_effect: str = "delete"  # "none": 204 without effect
    snippet_title_change: str | None = None  # change of sent titles: a rule of `altering.TITLES`
    snippet_contents_change: str | None = None  # change of sent text: a rule of `altering.STORED`
    snippet_global_list: int = 410
    snippet_hidden: int = 403  # for a private snippet of another account
    snippet_access_token: int = 403
    snippet_app_user_member: bool = False  # `role=member` lists the workspace's snippets to an OAuth consumer
    # storage host
    etag: str = "md5"
    # wire
    api_encoding: str | None = None  # Content-Encoding of responses of the API and token hosts, requested or not
    latency: float = 0.0  # seconds before each response of the API and token hosts
    storage_latency: float = 0.0
    keep_alive: bool = True

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse unknown names and values."""
        if name not in {field.name for field in fields(self)}:
            raise AttributeError(f"no switch with the name {name!r}")
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError(f"switch {name}: {value!r} is not one of {CHOICES[name]}")
        if name == "rename" and not (callable(value) or value in renaming.CHOICES):
            raise ValueError(f"switch rename: {value!r} is neither a rule nor a callable")
        super().__setattr__(name, value)

    def renamed(self, name: str, existing: Iterable[str] = ()) -> str:
        """Return the name under which a file is stored."""
        return renaming.apply_rule(self.rename, name, existing)

    def effect_of_upload(self, name: str) -> str:
        """Return the effect of an upload with this name."""
        return self.upload_effect if re.search(self.upload_effect_names or "", name) else "store"

    def effect_of_delete(self, name: str) -> str:
        """Return the effect of a deletion of this name."""
        return self.delete_effect if re.search(self.delete_effect_names or "", name) else "delete"

    def update(self, values: dict[str, Any]) -> None:
        """Set several switches by name."""
        for name, value in values.items():
            setattr(self, name, value)

    def reset(self) -> None:
        """Restore the defaults."""
        self.update({field.name: field.default for field in fields(self)})

    def as_dict(self) -> dict[str, Any]:
        """Return all switches with their values; a callable as its representation."""
        return {name: value if not callable(value) else repr(value) for name, value in asdict(self).items()}
