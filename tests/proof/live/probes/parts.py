# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out how bodies with several parts, wrong fields and other types are stored."""

from __future__ import annotations

from ..downloads import Downloads, File, size_of
from ..errors import Blocked
from ..forms import Part, encode
from ..probe import NO_RESULT, Seen, probe
from ..shapes import error
from ..world import World
from .listing import three_files

FORM = "application/x-www-form-urlencoded"


@probe(
    "D11",
    "Are all parts of an upload stored, and which of two parts with the same name?",
    "1.3 UNKNOWN (atomicity)",
    "uploads in batches of 20 files",
    switches=("upload_effect=suffix", "upload_effect_names"),
)
def ask_several_parts(world: World) -> Seen:
    """Upload four parts in one request, two with the same name."""
    three_files(world)
    downloads = world.downloads()
    one, two = (File(world.name(f"part-{number}.txt"), world.content()) for number in ("one", "two"))
    twice = [File(world.name("twice.txt"), world.content()) for _number in range(2)]
    response = downloads.post([Part("files", *file) for file in (one, two, *twice)])
    if not response.good:
        return {"response": error(response)}
    sight = downloads.wait(lambda seen: seen.sized(len(one.content)))
    if sight.when == "never":
        raise Blocked("the upload is not listed")
    sizes = [size_of(item) for item in sight.items]
    kept = [label for label, file in zip(("first", "second"), twice, strict=True) if len(file.content) in sizes]
    return {"response": "good", "two": len(two.content) in sizes, "of one name": kept}


@probe(
    "D11b",
    "Is an upload partly stored if one part has no file name?",
    "1.3 UNKNOWN (atomicity)",
    "batches after a failure",
)
def ask_part_without_name(world: World) -> Seen:
    """Upload a valid part and a part without a file name in one request."""
    three_files(world)
    downloads = world.downloads()
    good = File(world.name("beside.txt"), world.content())
    response = downloads.post([Part("files", *good), Part("files", None, world.content())])
    return {"response": "good" if response.good else error(response), "good part is stored": _stored(downloads, good)}


def _stored(downloads: Downloads, file: File) -> bool:
    return downloads.wait(lambda seen: seen.sized(len(file.content))).when != "never"


@probe(
    "D35",
    "What does a POST without a files part return, and is anything stored?",
    "1.3 UNKNOWN (201 but missing)",
    "verification of uploads; emulator: missing_files",
    switches=("missing_files", "plain_400"),
)
def ask_wrong_field(world: World) -> Seen:
    """Send the field name of snippets, and a form without files."""
    downloads = world.downloads()
    wrong = File(world.name("wrong-field.txt"), world.content())
    found: dict[str, object] = {"field file": error(downloads.post([Part("file", *wrong)]))}
    found["no file"] = error(downloads.post([Part("title", None, b"nothing")]))
    shown = File(world.name("shown.txt"), world.content())
    if not downloads.post([Part("files", *shown)]).good:
        raise Blocked("an upload was refused")
    sight = downloads.wait(lambda seen: seen.sized(len(shown.content)))
    found["field file is stored"] = bool(sight.sized(len(wrong.content))) if sight.when != "never" else NO_RESULT
    return found


@probe(
    "D35t",
    "What does a POST of another content type return?",
    "1.1 DOC (406)",
    "messages of refused uploads",
)
def ask_wrong_type(world: World) -> Seen:
    """Send JSON, a URL-encoded form, and bytes."""
    three_files(world)
    downloads = world.downloads()
    return {
        "JSON": error(downloads.post_body(b"{}", "application/json")),
        "form": error(downloads.post_body(b"files=a", FORM)),
        "bytes": error(downloads.post_body(b"some bytes", "application/octet-stream")),
    }


@probe(
    "D43",
    "Is a chunked upload without a length accepted?",
    "1.3 INF, 10 OBS",
    "none yet: uploads have a length",
    switches=("chunked_upload",),
)
def ask_chunked(world: World) -> Seen:
    """Upload a file with Transfer-Encoding."""
    three_files(world)
    downloads = world.downloads()
    file = File(world.name("chunked.txt"), world.content())
    downloads.note(file.name)
    body, content_type = encode([Part("files", *file)])
    response = downloads.post_body(body, content_type, chunked=True)
    if not response.good:
        return {"response": error(response)}
    return {"response": "good", "stored": _stored(downloads, file)}


@probe(
    "D46",
    "What is the result of two uploads of the same name at the same time?",
    "1.3 UNKNOWN",
    "publishing without locks",
    switches=("upload_effect=suffix",),
)
def ask_concurrent_uploads(world: World) -> Seen:
    """Send two uploads over two connections."""
    downloads = world.downloads()
    files = [File(world.name("together.txt"), world.content()) for _number in range(2)]
    requests = []
    for file in files:
        downloads.note(file.name)
        body, content_type = encode([Part("files", *file)])
        requests.append(world.session.build("POST", downloads.url(), downloads.credential, {"Content-Type": content_type}, body))
    good = [response for response in world.session.together(requests) if response is not None and response.good]
    sizes = {len(file.content) for file in files}
    sight = downloads.wait(lambda seen: any(size_of(item) in sizes for item in seen.items))
    if sight.when == "never":
        raise Blocked("the uploads are not listed")
    return {"accepted": len(good), "items": sum(size_of(item) in sizes for item in sight.items)}
