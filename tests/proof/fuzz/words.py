# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide valid inputs and parts of them as the start for fuzzers. Must not know the parsers."""

from __future__ import annotations

_DIGEST = b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_MANY_DIGITS = b"9" * 5000
_DEEP = b"[" * 600 + b"]" * 600

RELATED = (
    b'multipart/related; boundary=b; start="<s>"\n--b\r\nContent-ID: <s>\r\nContent-Type: application/json\r\n\r\n'
    b'{"id": "x", "files": {"f": {}}}\r\n--b\r\nContent-ID: <f>\r\nContent-Disposition: attachment; filename="f"\r\n\r\n'
    b"x\r\n--b--\r\n",
    b'multipart/related; boundary=b\n--b\r\n\r\n{"files": {"f": {}}}\r\n--b\r\nContent-ID: "f"\r\n'
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C3=A4\xff\r\n--b--\r\n",
)
FORM = (
    b'multipart/form-data; boundary=b\n--b\r\nContent-Disposition: form-data; name="title"\r\n\r\nt\r\n--b\r\n'
    b'Content-Disposition: form-data; name="file"; filename="f"\r\nContent-Transfer-Encoding: base64\r\n\r\neA==\r\n--b--\r\n',
)
MULTIPART = (
    *(
        b"--b\r\n",
        b"--b--",
        b"--b",
        b"\r\n",
        b"\n",
        b"\r\n\r\n",
        b"Content-ID: <f>",
        b"Content-Type: ",
        b"; start=s",
        b"; start*",
    ),
    *(
        b"multipart/mixed; boundary=c",
        b"multipart/digest",
        b"message/rfc822",
        b"text/plain",
        b"; charset=",
        b"undefined",
        b"idna",
    ),
    *(b"; charset*=a\0b''x", b"utf-16", b"Content-Transfer-Encoding: ", b"quoted-printable", b"base64", b"uuencode", b"binary"),
    *(
        b'Content-Disposition: form-data; name="file"; filename="f"',
        b"*0*=",
        b"*%s=x" % _MANY_DIGITS,
        b'"',
        b"\\",
        b";",
        b"=",
        b"=?utf-8?b?",
    ),
    *(b'{"files": {"f": {}}}', b"\xff", b"\0", b"=C3", b"eA==", b"e"),
)
MANIFESTS = (
    _DIGEST + b"  app.tgz\n" + _DIGEST.upper() + b" *b\n",
    b"\\" + _DIGEST + b"  a\\\\b\\nc\\r\n# comment\n\nbroken\r\n",
)
MANIFEST = (_DIGEST, b"  ", b" *", b"\n", b"\r\n", b"\\", b"\\n", b"\\r", b"\\x", b"#", b"name", b"\xff", b"\0", b"\xe2\x80\xa8")
ERRORS = (
    b'{"type": "error", "error": {"message": "m", "detail": {"required": ["a"], "granted": []}, "fields": {"f": ["x"]}}}',
    b'{"error": "invalid_grant", "error_description": "d"}',
    b"<html><head><title>Log in</title>",
    b"<Error><Code>AccessDenied</Code></Error>",
)
LISTINGS = (
    b'{"values": [{"name": "a", "size": 1, "created_on": "2016-01-24T17:05:31.001541+00:00", "downloads": 1,'
    b' "user": {"display_name": "u"}}], "next": "https://api.bitbucket.example/2.0/x?page=2"}',
    b'{"values": ["no plan"]}',
)
SNIPPETS = (
    b'{"id": "x", "title": "t", "is_private": true, "files": {"f": {"links": {"self": {"href": "https://h/snippets/x/abcdef0/files/f"}}}},'
    b' "links": {"diff": {"href": "https://h/2.0/snippets/w/x/abcdef0/diff"}}}',
)
JSON = (
    *(b"{", b"}", b"[", b"]", b":", b",", b'"', b"\\ud800", b"null", b"true", b"NaN", b"1e999", b"-1", _MANY_DIGITS, _DEEP),
    *(
        b'"values"',
        b'"error"',
        b'"message"',
        b'"detail"',
        b'"fields"',
        b'"required"',
        b'"next"',
        b'"name"',
        b'"size"',
        b'"id"',
        b'"x"',
    ),
    *(
        b'"created_on"',
        b'"user"',
        b'"files"',
        b'"links"',
        b'"self"',
        b'"diff"',
        b'"href"',
        b'"http://[x"',
        b'"0001-01-01T00:00:00+23:59"',
    ),
    *(b"<html", b"<title>", b"<Code>", b"</Code>", b"\xff", b"\x1b[31m", b"scope"),
)
RENAMED = (b"my file (1).txt\nmy_file__1_.txt", b"a b c d e f g h\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
NAME = (b" ", b"..", b".", b"/", b"\\", b"\0", b"\n", b"\xff", b"a", b"aa", b"\xe2\x80\xae", b"(", b"+", b"%2F", b"x" * 300)
LOCATIONS = (b"https://storage.example/a/b?Signature=x", b"/2.0/x", b"//storage.example/x", b"?q", b"file:///etc/passwd")
LINKS = (b"https://api.bitbucket.example/2.0/x?page=2", b"https://api.bitbucket.example:443/", b"HTTPS://API.bitbucket.example/")
URL = (
    *(
        b"https:",
        b"http:",
        b"HTTPS:",
        b"//",
        b"/",
        b"\\",
        b"@",
        b":",
        b"#",
        b"?",
        b"[",
        b"]",
        b"%",
        b"%00",
        b"%40",
        b"\t",
        b"\n",
        b" ",
        b"\0",
    ),
    *(
        b"api.bitbucket.example",
        b"evil.example",
        b":443",
        b":0",
        b":99999",
        b":\xef\xbc\x94",
        b"\xe2\x84\xa6",
        b"\xc2\xad",
        b"\xff",
        b"..",
        b";",
    ),
    *(b"https://api.bitbucket.example", b"localhost", b"::1", b"file", b"javascript", b"xn--"),
)
VALUES = (b"120", b"Wed, 21 Oct 2026 07:28:00 GMT", b"0", b"-1")
VALUE = (
    *(
        b"9",
        _MANY_DIGITS,
        b"\xb2",
        b"\xa0",
        b" ",
        b",",
        b":",
        b"Mon, ",
        b" Jan ",
        b"0000",
        b"99999999999",
        b" GMT",
        b"+9999",
        b"1e9",
        b"inf",
    ),
    *(b"nan", b"00:00:00", b"-", b"+", b".", b"(", b")", b'"', b"\\"),
)
