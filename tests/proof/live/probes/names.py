# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out under which names artifacts are stored."""

from __future__ import annotations

import unicodedata
from functools import partial

from ..downloads import File, Sight
from ..errors import Blocked
from ..forms import Part, extended
from ..probe import NO_RESULT, Seen, probe
from ..world import World
from .listing import three_files

# Ends of names after the mark of the run, by their special property. Names with another start are below.
SPECIAL = {
    "space": "a b.txt",
    "plus": "a+b.txt",
    "parentheses": "a(1).txt",
    "comma": "a,b.txt",
    "tilde": "a~b.txt",
    "at": "a@b.txt",
    "entity": "a&amp;b.txt",
    "encoded space": "a%20b.txt",
    "hash": "a#b.txt",
    "semicolon": "a;b.txt",
    "apostrophe": "a'b.txt",
    "brackets": "a[1].txt",
    "braces": "a{1}.txt",
    "two dots": "a..b.txt",
    "dot at the end": "a.txt.",
    "composed": unicodedata.normalize("NFC", "ä.txt"),
    "decomposed": unicodedata.normalize("NFD", "ö.txt"),
    "Chinese": "文.txt",
    "emoji": "📦.txt",
    "upper case": "UPPER.TXT",
    "blank at the end": "a.blank ",
}
PAIRS = {
    "space and underscore": ("p q.txt", "p_q.txt"),
    "upper and lower case": ("Pair.txt", "pair.txt"),
    "composed and decomposed": (unicodedata.normalize("NFC", "ü.txt"), unicodedata.normalize("NFD", "ü.txt")),
}
LONG = 255


def describe_name(world: World, sight: Sight, sent: File) -> str:
    """Return how a file was stored. Find it by its size, regardless of its name."""
    found = sight.sized(len(sent.content))
    if not found:
        return "not stored"
    name = str(found[0].get("name"))
    if name == sent.name:
        return "as sent"
    if len(sent.name) > LONG - 1:
        return f"cut to {len(name)} characters"
    own = name.partition(f"{world.run}-")
    if not own[1]:
        return "without the mark of the run"
    return "as " + (own[0] + "(run)-" + own[2]).encode("ascii", "backslashreplace").decode()


@probe(
    "N03",
    "Under which names are files with special names stored?",
    "1.3 OBS (spaces), INF (Django), UNKNOWN; 10 UNKNOWN",
    "replaced characters, overwrite: never and refuse, patterns",
    switches=(
        "rename=spaces",
        "rename=django",
        "rename=nfc",
        "rename=nfd",
        "rename=lower",
    ),
)
def ask_names(world: World) -> Seen:
    """Upload 24 parts in one request, and list them."""
    names = {label: world.name(special) for label, special in SPECIAL.items()}
    names["dot at the start"] = "." + world.name("dot.txt")
    names["dash at the start"] = "-" + world.name("dash.txt")
    names["blank at the start"] = " " + world.name("blank.txt")
    files = {label: File(name, world.content()) for label, name in names.items()}
    sentinel = File(world.name("names.txt"), world.content())
    downloads = world.downloads()
    response = downloads.post([Part("files", *file) for file in [*files.values(), sentinel]])
    found: dict[str, object] = {}
    if not response.good:
        found = {
            label: f"refused with {reply.status}"
            for label, file in files.items()
            if not (reply := downloads.post([Part("files", *file)])).good
        }
        downloads.post([Part("files", *sentinel)])
    sight = downloads.wait(lambda seen: seen.sized(len(sentinel.content)))
    if sight.when == "never" or _count(sight, files) * 2 < len(files):
        for file in [*files.values(), sentinel]:
            downloads.post([Part("files", *file)])
        sight = downloads.wait(lambda seen: seen.sized(len(sentinel.content)))
    if sight.when == "never":
        raise Blocked("an uploaded artifact is not listed")
    return {label: describe_name(world, sight, file) for label, file in files.items()} | found


def _count(sight: Sight, files: dict[str, File]) -> int:
    """Return how many files of one upload are listed, because a service might store only the first part."""
    return sum(bool(sight.sized(len(file.content))) for file in files.values())


@probe(
    "N03l",
    "What is the maximum length of an artifact's name?",
    "1.3 INF (Django cuts at 255)",
    "the check of names before an upload",
)
def ask_long_names(world: World) -> Seen:
    """Upload two files with names of 255 and 256 characters."""
    three_files(world)
    downloads = world.downloads()
    found: dict[str, object] = {}
    for letter, length in (("m", LONG), ("n", LONG + 1)):
        name = world.name(letter * length)[: length - 4] + ".txt"
        file = File(name, world.content())
        response = downloads.post([Part("files", *file)])
        if not response.good:
            found[str(length)] = f"refused with {response.status}"
            continue
        sight = downloads.wait(partial(Sight.sized, size=len(file.content)))
        found[str(length)] = describe_name(world, sight, file)
    return found


@probe(
    "N04",
    "Does filename or filename* set the name of the artifact?",
    "1.3 INF (Django honors filename*)",
    "the encoder of uploads: non-ASCII names",
)
def ask_disposition(world: World) -> Seen:
    """Upload two parts in one request, and a part with only filename* in another."""
    plain, star = world.name("by-filename.txt"), world.name("by-star-文.txt")
    both = f'form-data; name="files"; filename="{plain}"; {extended(star)}'
    alone = world.name("alone-文.txt")
    downloads = world.downloads()
    first, second = world.content(), world.content()
    downloads.note(plain, star, alone)
    response = downloads.post([Part("files", None, first, both)])
    reply = downloads.post([Part("files", None, second, f'form-data; name="files"; {extended(alone)}')])
    sight = downloads.wait(lambda seen: seen.sized(len(first)) and (not reply.good or seen.sized(len(second))))
    names = {"filename": plain, "filename*": star}
    stored = [item.get("name") for item in sight.sized(len(first))]
    if not response.good or not stored:
        raise Blocked("the upload was not stored")
    return {
        "both": next((label for label, name in names.items() if name in stored), "another name"),
        "filename* alone": f"refused with {reply.status}" if not reply.good else describe_name(world, sight, File(alone, second)),
    }


@probe(
    "N05",
    "Does an upload replace an artifact whose name differs only in a blank, in case or in Unicode normalization?",
    "1.3 OBS (spaces), 10 UNKNOWN",
    "overwrite; artifacts of one task with the same stored name",
    switches=("rename",),
)
def ask_equal_names(world: World) -> Seen:
    """Send two uploads of three parts, and list them."""
    downloads = world.downloads()
    first = {label: File(world.name(pair[0]), world.content()) for label, pair in PAIRS.items()}
    second = {label: File(world.name(pair[1]), world.content()) for label, pair in PAIRS.items()}
    for files in (first, second):
        if not downloads.post([Part("files", *file) for file in files.values()]).good:
            raise Blocked("the upload was refused")
    sight = downloads.wait(lambda seen: all(seen.sized(len(file.content)) for file in second.values()))
    found: dict[str, object] = {}
    for label in PAIRS:
        before, after = (bool(sight.sized(len(files[label].content))) for files in (first, second))
        found[label] = NO_RESULT if not after else "both are kept" if before else "the second replaces the first"
    return found
