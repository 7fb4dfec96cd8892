# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the switches: how the service behaves where the facts are unknown or have changed over the years."""

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
    """One attribute per switch; an unknown name or value is an error, so that a typing slip in a test is noticed."""

    # API host: uploads
    upload_status: int = 201
    missing_files: int = 400  # POST without any `files` part: 400, or 201 storing nothing
    upload_effect: str = "store"  # "none": 201 without effect; "suffix": an existing name is kept, the file gets another name
    upload_effect_names: str | None = None  # `upload_effect` holds for the names in which this regular expression is found
    delete_effect: str = "delete"  # "none": 204 without effect
    delete_effect_names: str | None = None
    stored_damage: str | None = None  # "truncate": storage has half of the bytes; "zero": none. The listing shows the size sent
    chunked_upload: int = 411  # a POST in chunks; 201: it is taken, as the service has been seen to do
    rename: str | Rename | None = None  # None, a rule of `renaming`, or a callable
    created_on_moves: bool = True  # a replaced artifact gets a new date
    plain_400: bool = False  # 400 as the plain text "Bad Request"
    # API host: listing
    page_cap: int | None = None  # no page is longer than this, whatever is asked for
    pagelen_max: int = 100  # 400 "Invalid pagelen" for more; the service states 100 and reserves the right to change it
    next_drops: Sequence[str] = ()  # parameters of the request that `next` lacks: "role", "pagelen"
    list_size: bool = True
    list_page: bool = True
    list_user: bool = True  # False: `user` is null everywhere
    listing_lag_reads: int = 0  # so many further readings of the listing do not show a write
    listing_lag_seconds: float = 0.0
    listing_repeat: bool = False  # the last item of a page is the first of the next one as well
    downloads_free_plan: str | None = None  # "empty": the listing has no items, whatever there is; "strings": texts for items
    downloads_free_plan_post: int = 201
    # API host: who may
    empty_401: bool = False
    token_ends_after_seconds: float | None = None  # whatever `expires_in` of an OAuth token says
    token_ends_after_requests: int | None = None  # to the API, with this token
    # API host: the redirect
    signed_url_life: float = 1200.0  # seconds
    signed_url_cached: float = 0.0  # for so many seconds an artifact has the same signed URL
    signed_url_cached_expired: bool = False  # the first one of each artifact has expired when it is handed out
    url_style: str = "uuid"  # path of the signed URL; "slug" is the style of the years up to 2020
    redirect_body: str = ""
    content_encoding: str | None = None  # "None" gives the stray response-content-encoding=None of 2022-2023
    # snippets: the three forms of the single GET, and of the answers to POST and PUT
    snippet_answers: str = "all"  # "json_only": JSON whatever is asked for; "json_406"; "form_only": form-data for related
    snippet_text: str = "7bit"  # how text parts are encoded; text that is not ASCII is base64 then
    snippet_text_damage: str | None = None  # what text parts lose: a rule of `altering.SENT`
    snippet_line_ends: str = "crlf"  # of the multipart framing; "lf" as some mail libraries write it
    snippet_part_names: str = "utf8"  # how names that are not ASCII are written in the headers of parts
    snippet_form_fields: str = "title"  # form-data has the title alone, as printed, or "all" root-level properties
    snippet_missing_part: str | None = None  # the file of this name has no part
    snippet_cut_closing: bool = False  # the closing boundary is missing
    snippet_wrong_root: bool = False  # `start` names no part, and the first part is another JSON object than the document
    # snippets: links
    snippet_file_links: str = "real"
    snippet_revision_links: bool = True  # False: no links.diff, no links.patch
    snippet_file_redirect_401: bool = False  # files/{path} redirects to where no credential is taken
    # snippets: writing, listing, rights
    identical_put_commits: bool = False
    snippet_empty_create: int = 400  # a POST without any file
    snippet_last_file: int = 400  # a PUT that removes the last file
    snippet_write_body: str = "document"  # "empty": POST and PUT answer without a body, a POST with Location all the same
    snippet_title_length: int | None = None  # longer titles are cut without a word
    snippet_stays_public: bool = False  # whoever asks for a private snippet gets a public one
    snippet_order: str = "newest"
    snippet_free_plan: bool | str = False  # True: the listing has strings for items, a POST is 402; "empty": it has no items
    # snippets: when listings show a write, and what becomes of it
    snippet_lag_reads: int = 0  # so many readings of each listing still show the state before a write
    snippet_lag_seconds: float = 0.0
    snippet_spam_listed: bool = False
    snippet_create_effect: str = "create"  # "none": 201 without effect
    snippet_put_effect: str = "apply"  # "none": 200 with the snippet as it was
    snippet_delete_effect: str = "delete"  # "none": 204 without effect
    snippet_title_change: str | None = None  # a rule of `altering.TITLES` for titles that are sent
    snippet_contents_change: str | None = None  # a rule of `altering.STORED` for text that is sent
    snippet_global_list: int = 410
    snippet_hidden: int = 403  # for the private snippet of others
    snippet_access_token: int = 403
    snippet_app_user_member: bool = False  # `role=member` lists the snippets of the workspace to an OAuth consumer
    # storage host
    etag: str = "md5"
    # wire
    api_encoding: str | None = None  # Content-Encoding of responses of the API and token hosts, asked for or not
    latency: float = 0.0  # seconds before each answer of the API and token hosts
    storage_latency: float = 0.0
    keep_alive: bool = True

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse names and values that do not exist."""
        if name not in {field.name for field in fields(self)}:
            raise AttributeError(f"no switch called {name!r}")
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError(f"switch {name}: {value!r} is none of {CHOICES[name]}")
        if name == "rename" and not (callable(value) or value in renaming.CHOICES):
            raise ValueError(f"switch rename: {value!r}")
        super().__setattr__(name, value)

    def renamed(self, name: str, existing: Iterable[str] = ()) -> str:
        """The name that a file gets, whose name would be `name`, beside the existing names."""
        return renaming.apply_rule(self.rename, name, existing)

    def effect_of_upload(self, name: str) -> str:
        """Return what an upload of this name does."""
        return self.upload_effect if re.search(self.upload_effect_names or "", name) else "store"

    def effect_of_delete(self, name: str) -> str:
        """Return what a delete of this name does."""
        return self.delete_effect if re.search(self.delete_effect_names or "", name) else "delete"

    def update(self, values: dict[str, Any]) -> None:
        """Set several switches by name."""
        for name, value in values.items():
            setattr(self, name, value)

    def reset(self) -> None:
        """Back to the defaults."""
        self.update({field.name: field.default for field in fields(self)})

    def as_dict(self) -> dict[str, Any]:
        """Every switch with its value; a callable is shown by its name."""
        return {name: value if not callable(value) else repr(value) for name, value in asdict(self).items()}
