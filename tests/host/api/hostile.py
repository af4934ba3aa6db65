"""Hostile requests, by name."""

import gzip
import json
from typing import Any

from tests.host.api.raw_client import Header

ID = "t-" + "0" * 32
_JOB = {"type": "t", "ref": "r"}


def _job(text: str) -> bytes:
    """Return a job with these parameters, unchanged."""
    return b'{"type":"t","ref":"r","params":' + text.encode() + b"}"


def _json(**fields: Any) -> bytes:  # noqa: ANN401 - any JSON value
    return json.dumps(_JOB | fields).encode()


#: Bodies of POST /api/jobs, and the code of the refusal.
BODIES: dict[str, tuple[bytes, str]] = {
    "of 256 KiB and a byte": (b" " * (256 * 1024 - len(_json()) + 1) + _json(), "too_many_bytes"),
    "empty": (b"", "malformed_json"),
    "half": (b'{"type":"t"', "malformed_json"),
    "two values": (_json() + _json(), "malformed_json"),
    "with a comma too many": (b'{"type":"t","ref":"r",}', "malformed_json"),
    "with single quotes": (b"{'type':'t','ref':'r'}", "malformed_json"),
    "with a comment": (b'{"type":"t","ref":"r"}//', "malformed_json"),
    "with a raw control character": (b'{"type":"t","ref":"a\x01"}', "malformed_json"),
    "of 100,000 open brackets": (b"[" * 100_000, "invalid"),
    "of 100,000 levels": (b"[" * 100_000 + b"]" * 100_000, "invalid"),
    "of 100,000 objects in each other": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "too_many_bytes"),
    "of 33 levels": (_job('{"a":' * 32 + "1" + "}" * 32), "invalid"),
    "of 20,001 values": (_job('{"a":[' + "1," * 20_000 + "1]}"), "invalid"),
    "of UTF-16": (_json().decode().encode("utf-16"), "malformed_json"),
    "of UTF-16 without its mark": (_json().decode().encode("utf-16-le"), "malformed_json"),
    "of UTF-32": (_json().decode().encode("utf-32"), "malformed_json"),
    "of Latin-1": ('{"type":"t","ref":"é"}'.encode("latin-1"), "malformed_json"),
    "of bytes that are no UTF-8": (b'{"type":"t","ref":"\xff\xfe"}', "malformed_json"),
    "of surrogates in UTF-8": (b'{"type":"t","ref":"\xed\xa0\x80"}', "malformed_json"),
    "of overlong UTF-8": (b'{"type":"t","ref":"\xc0\xaf"}', "malformed_json"),
    "behind a byte order mark": (b"\xef\xbb\xbf" + _json(), "malformed_json"),
    "with NaN": (_job('{"a":NaN}'), "malformed_json"),
    "with Infinity": (_job('{"a":-Infinity}'), "malformed_json"),
    "with 1e999": (_job('{"a":1e999}'), "invalid"),
    "with NaN for a time to live": (b'{"type":"t","ref":"r","ttl_seconds":NaN}', "malformed_json"),
    "with an integer of 5,000 digits": (_job('{"a":' + "9" * 5_000 + "}"), "malformed_json"),
    "with an integer of 400 digits": (b'{"type":"t","ref":"r","ttl_seconds":' + b"9" * 400 + b"}", "invalid"),
    "with a name twice": (b'{"type":"t","type":"u","ref":"r"}', "invalid"),
    "with a name twice, once escaped": (b'{"type":"t","\\u0074ype":"u","ref":"r"}', "invalid"),
    "with a name twice deep inside": (_job('{"a":[{"b":1,"b":2}]}'), "invalid"),
    "with half of a surrogate pair": (b'{"type":"t","ref":"\\ud800"}', "invalid"),
    "with half of a pair as a name": (_job('{"\\udfff":1}'), "invalid"),
    "that is an array": (b"[]", "invalid"),
    "that is null": (b"null", "invalid"),
    "that is a text": (b'"a"', "invalid"),
    "with an unknown field": (_json(__class__="x"), "invalid"),
    "with a number as a text": (_json(ttl_seconds="60"), "invalid"),
    "with true as a number": (_json(ttl_seconds=True), "invalid"),
    "with a moment without its offset": (_json(not_before="2026-05-04T03:02:01"), "invalid"),
    "with a number as a moment": (_json(not_before=1), "invalid"),
    "with a line's end in its reference": (_json(ref="a\r\nX-Evil: 1"), "invalid"),
    "with NUL in its reference": (_json(ref="a\0b"), "invalid"),
    "with quotes in its type": (_json(type="' or 1 eq 1 or '"), "invalid"),
    "with a reference of 1,089 characters": (_json(ref="a" * 1089), "invalid"),
    "with parameters of 32,769 units": (_json(params={"a": "b" * 32_762}), "invalid"),
}

#: Media types of a JSON body.
MEDIA_TYPES = ("", "text/plain", "application/xml", "multipart/form-data", "application/x-www-form-urlencoded", "json")

#: Headers of POST /api/jobs with the body, and the code.
CODED: dict[str, tuple[list[Header], bytes]] = {
    "gzip": ([("Content-Encoding", "gzip")], gzip.compress(_json())),
    "gzip that is none": ([("Content-Encoding", "gzip")], _json()),
    "gzip twice": ([("Content-Encoding", "gzip, gzip")], gzip.compress(gzip.compress(_json()))),
    "br": ([("Content-Encoding", "br")], _json()),
    "unheard of": ([("Content-Encoding", "x" * 500)], _json()),
}

#: Targets of GET, by the code of the refusal.
TARGETS: dict[str, tuple[str, ...]] = {
    "invalid": (
        "/api/jobs/%00",
        "/api/jobs/t-%00",
        "/api/jobs/%0d%0aX-Evil:%201",
        "/api/jobs/'%20or%201%20eq%201%20or%20'",
        "/api/jobs/" + "a" * 8_000,
        f"/api/jobs/{ID}'",
        f"/api/jobs/{ID}?x=1",
        "/api/jobs?type='%20or%201%20eq%201",
        "/api/jobs?limit=" + "9" * 5_000,
        "/api/jobs?limit=1&limit=2",
        "/api/jobs?limit=1e3",
        "/api/jobs?limit=NaN",
        "/api/jobs?cursor=%00",
        "/api/jobs?cursor=" + "A" * 4_096,
        "/api/jobs?cursor=WzEsIiIsW11d",
        "/api/jobs?cursor=" + "W1tb" * 1_000,
        "/api/jobs?ended_from=-1",
        "/api/jobs?ended_from=" + "2" * 4_000,
        "/api/jobs?state=' or 1 eq 1".replace(" ", "%20"),
        "/api/jobs?" + "a" * 8_000,
        "/api/images?name=..",
        "/api/images?name=%00",
        "/api/images/%00",
        "/api/images/' or 1 eq 1".replace(" ", "%20"),
    ),
    "malformed_url": ("/api/jobs/%FF", "/api/jobs/%ed%a0%80", "/api/jobs?ref=%ff&type=t", "/api/images/%c0%af"),
    "no_such_path": (
        "/api/",
        "/api/jobs/",
        "/api/jobs//history",
        f"/api/jobs%2F{ID}%2F..",
        "/api/jobs/..",
        "/api/jobs/%2e%2e",
        "/api/.env",
        "/api/docs",
    ),
    "method_not_allowed": (
        "/api/images/a%2f..%2f..%2fsecrets",
        "/api/images/a/thumbnail",
        "/api/jobs/claim",
    ),
    "bare": (
        "/../../etc/passwd",
        "/api/%2e%2e/admin/unknown",
        "/api//jobs",
        "/function_app.py",
        "/api/jobs?" + "a" * 8_200,
        "*",
        "localhost:80",
    ),
    "no_such_job": (f"/api/jobs/{ID}", f"/api/jobs/{ID}/history", f"/api/jobs/{ID}/why"),
}

#: Headers that the host itself refuses.
JUNK: dict[str, list[Header]] = {
    "of bytes that are no UTF-8": [("If-Match", b'"\xff"')],
    "with NUL": [("If-Match", b"a\0b")],
    "with a space in its name": [("If Match", "a")],
    "without a name": [("", "a")],
    "of 33,000 bytes": [("If-Match", "a" * 33_000)],
    "101 of them": [(f"X-{number}", "a") for number in range(101)],
    "two lengths": [("Content-Length", "1"), ("Content-Length", "2")],
    "a length below 0": [("Content-Length", "-1")],
    "a length beyond everything": [("Content-Length", "9" * 15)],
    "a length and chunks": [("Content-Length", "0"), ("Transfer-Encoding", "chunked")],
    "chunks in gzip": [("Transfer-Encoding", "gzip, chunked")],
    "two hosts": [("Host", "evil.example")],
}

#: Values of If-Match that are no lease.
LEASES: dict[str, str | bytes] = {
    "8 KB": '"' + "a" * 8_000 + '"',
    "many": ", ".join(f'"{number}"' for number in range(1_500)),
    "letters beyond ASCII": '"é"'.encode(),
    "no quotes": "WzEsIjAwIiwiVy8wIl0",
    "weak": 'W/"WzEsIjAwIiwiVy8wIl0"',
    "half": '"WzEsIjAwIiwiVy8wIl0',
    "deep": '"' + "W1tb" * 1_000 + '"',
    "a number of 400 digits": '"Wzk' + "5OTk" * 100 + 'LG51bGwsIiJd"',
    "a lease without a claim": '"WzEsbnVsbCwiVy8wIl0"',
    "quotes of a query": '"\' or 1 eq 1"',
}
