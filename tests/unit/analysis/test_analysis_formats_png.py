"""PNG: broken chunks that the pixels do not need, and counts that no file holds, fail no image."""

import struct
import zlib

import pytest

from tests.unit.analysis.pictures import Encode, Examine, refusal


def spoil(data: bytes, kind: bytes) -> bytes:
    """Give the first chunk of a kind a wrong checksum."""
    end = data.index(kind) + 4 + int.from_bytes(data[data.index(kind) - 4 : data.index(kind)])
    return data[:end] + bytes([data[end] ^ 1]) + data[end + 1 :]


@pytest.mark.case("images chunk crc", was="corrupt_image")
@pytest.mark.parametrize(
    ("chunk", "warning"),
    [
        ((b"iCCP", b"icc\0\0" + zlib.compress(b"profile")), ["icc_ignored"]),
        ((b"tRNS", struct.pack(">HHH", 255, 0, 0)), ["transparency_ignored"]),
        ((b"tEXt", b"Title\0A picture"), []),
        ((b"gAMA", struct.pack(">I", 45_455)), []),
        ((b"acTL", bytes(8)), []),
    ],
)
def test_a_wrong_checksum_in_a_chunk_that_is_not_critical_costs_that_chunk_alone(
    chunk: tuple[bytes, bytes], warning: list[str], png: Encode, examine: Examine
) -> None:
    report = examine(spoil(png((2, 1), 8, 2, b"\xff\0\0" * 2, chunk), chunk[0])).report
    assert (report["color"]["mean"], report["warnings"]) == ("#ff0000", warning)


@pytest.mark.parametrize("kind", [b"IHDR", b"PLTE", b"IDAT"])
def test_a_wrong_checksum_in_a_critical_chunk_is_corrupt(kind: bytes, png: Encode, examine: Examine) -> None:
    data = png((1, 1), 8, 3, b"\0", (b"PLTE", b"\xff\0\0"))
    assert examine(data).report["color"]["mean"] == "#ff0000"
    assert refusal(examine, spoil(data, kind)) == "corrupt_image"
    assert examine(spoil(data, b"IEND")).report["warnings"] == []


@pytest.mark.parametrize(
    ("chunk", "warning"),
    [
        ((b"iCCP", b"icc\0\0" + zlib.compress(bytes(2_000_000))), ["icc_ignored"]),
        ((b"iCCP", b"icc\0\7" + zlib.compress(b"profile")), ["icc_ignored"]),
        ((b"tRNS", b"\0"), ["transparency_ignored"]),
        ((b"gAMA", b"\0"), []),
        ((b"fcTL", b"\0"), []),
    ],
)
def test_a_broken_chunk_that_pillow_would_fail_the_image_for_is_left_out(
    chunk: tuple[bytes, bytes], warning: list[str], png: Encode, examine: Examine
) -> None:
    report = examine(png((2, 1), 8, 2, b"\xff\0\0" * 2, chunk)).report
    assert (report["color"]["mean"], report["warnings"]) == ("#ff0000", warning)


@pytest.mark.case("images frame count", was="2,147,483,649 frames")
@pytest.mark.parametrize("announced", [2, 1_000_000, 2**31 - 1, 2**31 + 1, 2**32 - 1])
@pytest.mark.parametrize("frames", [0, 1])
def test_frames_that_are_announced_count_only_where_they_are(
    announced: int, frames: int, png: Encode, examine: Examine
) -> None:
    control = (b"fcTL", struct.pack(">IIIIIHHBB", 0, 1, 1, 0, 0, 1, 10, 0, 0))
    data = png((1, 1), 8, 0, b"\0", (b"acTL", struct.pack(">II", announced, 0)), *[control] * frames)
    report = examine(data).report
    assert (report["image"]["frames"], report["image"]["animated"]) == (1, False)
    assert report["warnings"] == ["frames_ignored"]
