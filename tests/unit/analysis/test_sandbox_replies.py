"""Whatever a child says that is not a reply to what it was asked for is no reply: it may have been taken over."""

import copy
import json
import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from shared.analysis import Source, ThumbnailSpec, analyze
from shared.analysis.sandbox import protocol, replies
from shared.analysis.sandbox.layers import Confinement
from shared.errors import AnalysisDied, ImageRejected
from tests.unit.acts import note
from tests.unit.analysis.pictures import Encode

Say = Callable[..., Any]
SPEC = ThumbnailSpec(long_edge_px=32)
ANALYSIS = Path(replies.__file__).resolve().parents[1]
RIFF = b"RIFF\x1a\0\0\0WEBP"


@pytest.fixture(scope="module")
def data(encode: Encode) -> bytes:
    """An image."""
    return encode(Image.new("RGB", (64, 48), "teal"), "JPEG")


@pytest.fixture(scope="module")
def request_(data: bytes) -> replies.Request:
    """What is asked for."""
    source = Source(container="images", name="a.jpg", etag="0x1", size_bytes=len(data), declared_type="image/png")
    return replies.Request(number=7, source=source, data=data, thumbnail=SPEC, sections=frozenset({"core", "barcodes"}))


@pytest.fixture(scope="module")
def honest(request_: replies.Request) -> tuple[dict[str, Any], bytes]:
    """An honest reply."""
    found = analyze(request_.data, source=request_.source, thumbnail=SPEC)
    head, body = protocol.encode_reply(found)
    return {"number": 7, **json.loads(json.dumps(head))}, body


@pytest.fixture(scope="module")
def say(request_: replies.Request, honest: tuple[dict[str, Any], bytes]) -> Say:
    """Say something else than the truth: a field of the reply by its way, or its bytes; read what has come of it."""

    def speak(*way: str, value: object = None, body: bytes | None = None) -> Any:  # noqa: ANN401 - an analysis
        head = copy.deepcopy(honest[0])
        place: Any = head
        for name in way[:-1]:
            place = place[name]
        if way:
            place[way[-1]] = value
        return replies.read(head, honest[1] if body is None else body, request_)

    return speak


def _check_refusal(say: Say, *way: str, **given: object) -> None:
    with pytest.raises(protocol.ProtocolError) as met:
        say(*way, **given)
    assert "../" not in str(met.value)
    assert len(str(met.value)) < 300


def test_an_honest_reply_is_what_analyze_has_returned(say: Say, request_: replies.Request) -> None:
    alone = analyze(request_.data, source=request_.source, thumbnail=SPEC)
    found = say()
    assert found.thumbnail == alone.thumbnail
    assert {**found.report, "timing": 0} == {**alone.report, "timing": 0}
    assert list(found.report) == list(alone.report)


def test_a_blob_may_be_called_and_declared_whatever_storage_lets_through(request_: replies.Request) -> None:
    source = replace(request_.source, name="n" * 5_000, declared_type="image/png; x=" + "y" * 5_000)
    head, body = protocol.encode_reply(analyze(request_.data, source=source, thumbnail=SPEC))
    found = replies.read({"number": 7, **head}, body, replace(request_, source=source))
    assert (found.report["source"]["name"], found.report["source"]["declared_type"]) == (
        source.name,
        source.declared_type,
    )


LIES: list[tuple[tuple[str, ...], object]] = [
    (("number",), 8), (("number",), True), (("number",), "7"), (("number",), None), (("number",), 10**4000),
    (("extra",), 1), (("rejected",), {"code": "corrupt_image", "message": "x"}),
    (("thumbnail", "extension"), "x/../../../secrets/planted.html"), (("thumbnail", "mime"), "text/html"),
    (("thumbnail", "width_px"), 33), (("thumbnail", "width_px"), 0), (("thumbnail", "height_px"), 1.0),
    (("thumbnail", "height_px"), True), (("thumbnail",), None), (("thumbnail",), []),
    (("report",), None), (("report",), []), (("report",), {}),
    (("report", "thumbnail", "name"), "../secrets/crown.txt" * 99), (("report", "status"), "partial"),
    (("report", "error"), {"code": "too_many_pixels", "message": "x"}), (("report", "schema"), 2),
    (("report", "source"), None), (("report", "source", "mime"), []),
    (("report", "source", "mime"), "text/html"), (("report", "source", "mime"), "image/svg+xml"),
    (("report", "planted"), {}), (("report", "__class__"), {}), (("report", "image", "width_px"), 10**4000),
    (("report", "quality", "brightness"), float("nan")), (("report", "image", "icc"), "\ud800"),
    (("report", "warnings"), ["x"] * 65), (("report", "warnings"), ["<b>"]), (("report", "barcodes"), "x" * 9_000),
]  # fmt: skip


@pytest.mark.case("security C2", was="extension, media type and place of the thumbnail are the child's")
def test_a_lie_is_no_reply(say: Say, case_result: Callable[[str], None]) -> None:
    for number, (way, value) in enumerate(LIES):
        with note(number, *way):
            _check_refusal(say, *way, value=value)
    case_result(f"{len(LIES)} lies are refused")


def test_what_the_parent_knows_is_not_the_childs_to_say(say: Say, request_: replies.Request) -> None:
    for name, value in (
        ("name", "b"),
        ("etag", "b"),
        ("bytes", 1),
        ("sha256", "0" * 64),
        ("declared_type", "text/html"),
    ):
        source = say("report", "source", name, value=value).report["source"]
        assert source["name"] == "a.jpg"
        assert (source["bytes"], source["sha256"]) == (len(request_.data), sha256(request_.data).hexdigest())
        assert (source["etag"], source["declared_type"], source["type_mismatch"]) == ("0x1", "image/png", True)


def test_a_thumbnail_is_described_by_what_it_is(say: Say) -> None:
    for name, value in {"name": "../x", "container": "../x", "mime": "image/png", "bytes": 1}.items():
        shown = say("report", "thumbnail", name, value=value).report["thumbnail"]
        assert shown == say().report["thumbnail"]
        assert (shown["mime"], shown.keys()) == ("image/webp", {"width_px", "height_px", "bytes", "mime"})


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"\x89PNG\r\n\x1a\n", b"RIFF\x1a\0\0\0WAVE", RIFF[:-1], RIFF + bytes(32 * 24 * 4 + 65_536)],
    ids=["empty", "html", "png", "wave", "cut", "long"],
)
def test_a_thumbnail_that_is_not_of_the_wanted_format_or_too_long_is_no_reply(say: Say, body: bytes) -> None:
    _check_refusal(say, body=body)


def test_a_thumbnail_over_what_a_row_holds_is_no_reply(
    request_: replies.Request, honest: tuple[dict[str, Any], bytes]
) -> None:
    head, body = honest
    small = replace(request_, thumbnail=replace(SPEC, max_bytes=len(body)))
    assert replies.read(head, body, small).thumbnail is not None
    with pytest.raises(protocol.ProtocolError):
        replies.read(head, body + b"\0", small)


def test_a_thumbnail_that_was_not_wanted_is_no_reply(
    request_: replies.Request, honest: tuple[dict[str, Any], bytes]
) -> None:
    head, body = honest
    for said, sent in ((head, body), ({"number": 7, "report": head["report"]}, body)):
        with pytest.raises(protocol.ProtocolError):
            replies.read(said, sent, replace(request_, thumbnail=None))


@pytest.mark.parametrize("format", ["webp", "jpeg", "png"])
def test_a_thumbnail_of_each_format_is_known_by_its_first_bytes(request_: replies.Request, format: str) -> None:  # noqa: A002
    wanted = replace(request_, thumbnail=replace(SPEC, format=format))
    head, body = protocol.encode_reply(analyze(wanted.data, source=wanted.source, thumbnail=wanted.thumbnail))
    found = replies.read({"number": 7, **head}, body, wanted)
    assert found.thumbnail is not None
    assert wanted.thumbnail is not None
    assert (found.thumbnail.mime, found.thumbnail.extension) == (wanted.thumbnail.mime, wanted.thumbnail.extension)


def test_a_rejection_is_one_by_a_known_code(request_: replies.Request) -> None:
    for code in replies.Rejection:
        with pytest.raises(ImageRejected) as met:
            replies.read({"number": 7, "rejected": {"code": code.value, "message": "Why."}}, b"", request_)
        assert (met.value.code, str(met.value)) == (code, "Why.")


def test_every_code_that_an_analysis_rejects_by_is_known_to_the_parent() -> None:
    sources = "".join(path.read_text("utf-8") for path in sorted(ANALYSIS.rglob("*.py")))
    codes = set(re.findall(r'ImageRejected\(\s*"([a-z_]+)"', sources))
    assert len(codes) > 2
    assert codes <= set(replies.Rejection)


@pytest.mark.case("security L", was="a code of 40,000 characters or half a surrogate costs five leases")
@pytest.mark.parametrize(
    "said",
    [
        {"rejected": {"code": "x" * 40_000, "message": "x"}},
        {"rejected": {"code": "\ud800", "message": "x"}},
        {"rejected": {"code": "superseded", "message": "x"}},
        {"rejected": {"code": ["corrupt_image"], "message": "x"}},
        {"rejected": {"code": "corrupt_image", "message": "x" * 501}},
        {"rejected": {"code": "corrupt_image", "message": "\udfff"}},
        {"rejected": {"code": "corrupt_image"}},
        {"rejected": {"code": "corrupt_image", "message": "x", "more": 1}},
        {"rejected": None},
        {"raised": "x" * 40_000},
        {"raised": "<b>"},
        {"raised": "\ud800"},
        {"raised": 1},
        {"out_of_memory": False},
        {"out_of_memory": True, "raised": "x"},
        {},
    ],
    ids=str,
)
def test_an_end_that_is_not_of_a_known_form_is_no_reply(
    request_: replies.Request, said: dict[str, Any], case_result: Callable[[str], None]
) -> None:
    with pytest.raises(protocol.ProtocolError):
        replies.read({"number": 7, **said}, b"", request_)
    case_result("analysis_crashed, and the child is replaced")


def test_what_a_child_says_of_its_own_end_is_a_code(request_: replies.Request) -> None:
    for said, code in (({"out_of_memory": True}, "out_of_memory"), ({"raised": "KeyError"}, "analysis_crashed")):
        with pytest.raises(AnalysisDied) as met:
            replies.read({"number": 7, **said}, b"", request_)
        assert met.value.code == code
        with pytest.raises(protocol.ProtocolError):
            replies.read({"number": 7, **said}, b"x", request_)


def test_a_new_child_says_which_layers_it_has(request_: replies.Request) -> None:
    head: dict[str, Any] = {"layers": {"landlock": "ABI 7"}, "refused": {"seccomp": "Operation not permitted"}}
    assert replies.read_ready(head) == Confinement(head["layers"], head["refused"])
    lies: list[dict[str, Any]] = [
        {},
        {"layers": {}},
        {"layers": {"x": ""}, "refused": {}},
        {"layers": [], "refused": {}},
        {**head, "x": 1},
    ]
    for lie in lies:
        with pytest.raises(protocol.ProtocolError):
            replies.read_ready(lie)
    with pytest.raises(protocol.ProtocolError):
        replies.read(head, b"", request_)


@pytest.mark.parametrize(
    "text", [b'{"a": NaN}', b'{"a": -Infinity}', b"[" * 100_000, b"\xff", b"{", b"1" * 5_000, b"[]"]
)
def test_what_is_no_json_object_is_no_reply(text: bytes) -> None:
    stream = protocol.LENGTHS.pack(len(text), 0) + text
    parts = iter([stream[:8], stream[8:], b""])
    with pytest.raises(protocol.ProtocolError):
        protocol.read_frame(lambda _: next(parts))
