# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that the journal is on disk before anything is created, and that a later run reads it."""

from __future__ import annotations

from pathlib import Path

from tests.proof.live.journal import Journal, Thing, has_other_service, read_journal

API = "https://api.example.com/2.0"
FILE = Thing("artifact", "acme/widgets", "lp-0a1b2c-ä.txt")
SNIPPET = Thing("snippet id", "acme", "kypj")


def test_created_items_are_written_at_once(tmp_path: Path) -> None:
    path = tmp_path / "live" / "run.made"
    journal = Journal(path, API)
    assert not path.exists()
    journal.add(FILE)
    assert read_journal(path, API).things == {FILE: None}
    assert path.stat().st_mode & 0o777 == 0o600
    journal.close()


def test_deleted_items_are_omitted(tmp_path: Path) -> None:
    path = tmp_path / "run.made"
    journal = Journal(path, API)
    journal.add(FILE, SNIPPET)
    journal.remove(FILE)
    assert list(read_journal(path, API).things) == [SNIPPET]
    journal.close()
    assert path.exists()
    journal.remove(SNIPPET)
    journal.close()
    assert not path.exists()


def test_journal_is_kept_if_a_listing_shows_other_items(tmp_path: Path) -> None:
    path = tmp_path / "run.made"
    journal = Journal(path, API)
    journal.add(FILE)
    journal.remove(FILE)
    journal.close(keep=True)
    assert path.exists()


def test_truncated_line_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "run.made"
    journal = Journal(path, API)
    journal.add(FILE)
    journal.close()
    with path.open("a", encoding="utf-8") as stream:
        stream.write('{"what": "made", "api_url": "ht')
    assert list(read_journal(path, API).things) == [FILE]


def test_journal_of_another_service_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "run.made"
    Journal(path, API).add(FILE)
    assert not has_other_service(path, API)
    assert has_other_service(path, "https://api.bitbucket.org/2.0")
    assert read_journal(path, "https://api.bitbucket.org/2.0").things == {}
