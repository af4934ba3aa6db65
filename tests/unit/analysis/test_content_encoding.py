"""A blob's Content-Encoding is undone under the limit of bytes, and the report describes the blob as it is stored."""

import gzip
import zlib
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from PIL import Image

from shared.analysis import Analysis, Limits, Source, analyze
from shared.errors import ImageRejected
from tests.unit import acts
from tests.unit.analysis.pictures import Encode


def examine_blob(stored: bytes, encoding: str | None, **limits: int) -> Analysis:
    source = Source(
        container="images",
        name="a.png",
        etag="0x1",
        size_bytes=1,
        declared_type="image/png",
        content_encoding=encoding,
    )
    return analyze(stored, source=source, limits=Limits(**limits))


def refusal(stored: bytes, encoding: str) -> str:
    return acts.refusal(examine_blob, stored, encoding, error=ImageRejected)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.fixture(scope="module")
def image(encode: Encode) -> bytes:
    """A small file."""
    return encode(Image.new("RGB", (40, 30), "#ff0000"), "PNG")


@pytest.mark.case("storage encoding", was="300 MiB in the host; bytes and sha256 of what is not stored")
@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        *[(None, bytes), ("", bytes), ("identity", bytes), (" GZIP ", gzip.compress), ("x-gzip", gzip.compress)],
        *[("deflate", zlib.compress), ("deflate", raw_deflate)],
    ],
)
def test_an_encoding_is_undone_and_the_stored_bytes_are_described(
    encoding: str | None, pack: Callable[[bytes], bytes], image: bytes
) -> None:
    stored = pack(image)
    report = examine_blob(stored, encoding).report
    assert (report["color"]["mean"], report["warnings"]) == ("#ff0000", [])
    assert (report["source"]["bytes"], report["source"]["sha256"]) == (len(stored), sha256(stored).hexdigest())
    assert (report["source"]["mime"], report["source"]["type_mismatch"]) == ("image/png", False)


@pytest.mark.parametrize("rest", [b"", bytes(512), b"junk"])
def test_several_members_are_one_file_and_what_follows_is_none(rest: bytes, image: bytes) -> None:
    stored = gzip.compress(image[:50]) + gzip.compress(image[50:]) + rest
    assert examine_blob(stored, "gzip").report["color"]["mean"] == "#ff0000"


@pytest.mark.case("storage encoding", was="307 KB became 300 MiB in the host")
@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_more_bytes_than_are_allowed_make_a_partial_report(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    stored = pack(bytes(5_000_000))
    found = examine_blob(stored, encoding, max_bytes=1_000_000)
    report = found.report
    assert (report["status"], report["error"]["code"], found.thumbnail) == ("partial", "too_many_bytes", None)
    assert (report["source"]["bytes"], report["source"]["sha256"]) == (len(stored), sha256(stored).hexdigest())
    assert report["source"]["mime"] is None


def test_the_limit_of_bytes_is_inclusive(image: bytes) -> None:
    assert examine_blob(gzip.compress(image), "gzip", max_bytes=len(image)).report["status"] == "ok"
    assert examine_blob(gzip.compress(image), "gzip", max_bytes=len(image) - 1).report["status"] == "partial"


@pytest.mark.case("storage false encoding", was="18 attempts, no code, a week")
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip", "zstd"])
def test_an_image_that_is_not_encoded_is_read_as_it_is_with_a_warning(encoding: str, image: bytes) -> None:
    report = examine_blob(image, encoding).report
    assert (report["color"]["mean"], report["warnings"]) == ("#ff0000", ["content_encoding_ignored"])


@pytest.mark.case("storage false encoding", was="18 attempts, no code, a week")
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize("stored", [b"?", b"no image and not encoded", b"\x1f\x8b\x08\0", b"\x78\x9cxx"])
def test_bytes_that_are_not_encoded_as_they_say_have_a_code_of_their_own(stored: bytes, encoding: str) -> None:
    assert refusal(stored, encoding) == "corrupt_encoding"


@pytest.mark.parametrize("missing", [1, 8, 40])
def test_an_encoded_image_that_is_cut_off_has_the_same_code(missing: int, image: bytes) -> None:
    assert refusal(gzip.compress(image)[:-missing], "gzip") == "corrupt_encoding"
    assert refusal((gzip.compress(image[:50]) + gzip.compress(image[50:]))[:-missing], "gzip") == "corrupt_encoding"


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "gzip;q=1", "x" * 900])
def test_an_encoding_that_is_not_undone_has_a_code_of_its_own(encoding: str, image: bytes) -> None:
    assert refusal(gzip.compress(image), encoding) == "unsupported_encoding"


def test_an_encoded_file_of_nothing_is_empty() -> None:
    assert refusal(gzip.compress(b""), "gzip") == refusal(b"", "gzip") == "empty_blob"


@pytest.mark.case("storage encoding", was="10 MB of 500,000 empty members take a child 40 s, and the rest is ignored")
def test_more_members_than_any_program_writes_are_refused(image: bytes, case_result: Callable[[str], None]) -> None:
    assert examine_blob(gzip.compress(b"") * 9_999 + gzip.compress(image), "gzip").report["color"]["mean"] == "#ff0000"
    assert refusal(gzip.compress(b"") * 10_000 + gzip.compress(image), "gzip") == "unsupported_encoding"
    case_result("unsupported_encoding")


def test_each_member_copies_no_more_than_a_piece_of_the_rest(monkeypatch: pytest.MonkeyPatch, image: bytes) -> None:
    fed = list[int]()
    make = zlib.decompressobj

    class Unpacker:
        def __init__(self, bits: int) -> None:
            self._packer = make(bits)

        def decompress(self, piece: bytes, most: int) -> bytes:
            fed.append(len(piece))
            return self._packer.decompress(piece, most)

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the other has
            return getattr(self._packer, name)

    monkeypatch.setattr(zlib, "decompressobj", Unpacker)
    examine_blob(gzip.compress(image) + bytes(1 << 20), "gzip")
    assert max(fed) <= 65_536
