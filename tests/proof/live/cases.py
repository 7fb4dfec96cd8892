# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the switch values that the probes can tell from the defaults. A report is translated to switch values with this list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

# Values by switch. The value of a switch with a number is one that the probes can detect.
VALUES: dict[str, tuple[Any, ...]] = {
    "upload_status": (200,),
    "missing_files": (201,),
    "upload_effect": ("none", "suffix"),
    "upload_effect_names": ("-part-two",),
    "delete_effect": ("none",),
    "delete_effect_names": ("-second",),
    "stored_damage": ("truncate", "zero"),
    "chunked_upload": (201,),
    "rename": ("spaces", "django", "nfc", "nfd", "lower", "keep_case"),
    "created_on_moves": (False,),
    "plain_400": (True,),
    "page_cap": (1,),
    "pagelen_max": (50,),
    "next_drops": (["role"], ["pagelen"], ["role", "pagelen"]),
    "list_size": (False,),
    "list_page": (False,),
    "list_user": (False,),
    "listing_lag_reads": (2,),
    "listing_lag_seconds": (3.0,),
    "listing_repeat": (True,),
    "downloads_free_plan": ("empty", "strings"),
    "downloads_free_plan_post": (402, 403),
    "empty_401": (True,),
    "token_ends_after_seconds": (5.0,),
    "token_ends_after_requests": (3,),
    "signed_url_life": (300.0,),
    "signed_url_cached": (60.0,),
    "signed_url_cached_expired": (True,),
    "url_style": ("slug",),
    "redirect_body": ("moved",),
    "content_encoding": ("None",),
    "snippet_answers": ("json_only", "json_406", "form_only"),
    "snippet_text": ("8bit", "quoted-printable", "base64", "base64_canonical", "base64_untyped"),
    "snippet_text_damage": ("crlf", "final_newline", "bom", "latin1", "blanks"),
    "snippet_line_ends": ("lf",),
    "snippet_part_names": ("rfc2231", "rfc2047"),
    "snippet_form_fields": ("all",),
    "snippet_missing_part": ("plain.txt",),
    "snippet_cut_closing": (True,),
    "snippet_wrong_root": (True,),
    "snippet_file_links": ("documented",),
    "snippet_revision_links": (False,),
    "snippet_file_redirect_401": (True,),
    "identical_put_commits": (True,),
    "snippet_empty_create": (201,),
    "snippet_last_file": (200,),
    "snippet_write_body": ("empty",),
    "snippet_title_length": (255,),
    "snippet_stays_public": (True,),
    "snippet_order": ("oldest",),
    "snippet_free_plan": (True, "empty"),
    "snippet_lag_reads": (2,),
    "snippet_lag_seconds": (3.0,),
    "snippet_spam_listed": (True,),
    "snippet_create_effect": ("none",),
    "snippet_put_effect": ("none",),
    "snippet_delete_effect": ("none",),
    "snippet_title_change": ("nfc", "nfd", "strip", "collapse", "escape", "lower", "end"),
    "snippet_contents_change": ("crlf", "final_newline", "bom"),
    "snippet_global_list": (200,),
    "snippet_hidden": (404,),
    "snippet_access_token": (401,),
    "snippet_app_user_member": (True,),
    "etag": ("multipart", "opaque", "none"),
    "api_encoding": ("gzip", "deflate", "br"),
    "latency": (0.5,),
    "storage_latency": (0.5,),
    "keep_alive": (False,),
}
# Switches that have an effect only together with another one.
COMPANIONS: dict[str, dict[str, Any]] = {
    "upload_effect_names": {"upload_effect": "none"},
    "delete_effect_names": {"delete_effect": "none"},
    "downloads_free_plan_post": {"downloads_free_plan": "empty"},
    "signed_url_cached_expired": {"signed_url_cached": 60.0},
}
# Each request takes half a second more, so only some probes run.
SLOW = {"latency": ("D01", "D09l", "D48t", "T42"), "storage_latency": ("D01", "S12u", "D48t", "S39")}


class Case(NamedTuple):
    """Describe a switch with a value, and the other switches that it needs."""

    switch: str
    value: Any

    @property
    def name(self) -> str:
        """Return ``switch=value``."""
        return f"{self.switch}={','.join(self.value) if isinstance(self.value, list) else self.value}"

    @property
    def switches(self) -> Mapping[str, Any]:
        """Return all switches to set."""
        return {**COMPANIONS.get(self.switch, {}), self.switch: self.value}

    @property
    def only(self) -> tuple[str, ...]:
        """Return the probes to run, () for all."""
        return SLOW.get(self.switch, ())


CASES = [Case(switch, value) for switch, values in VALUES.items() for value in values]
