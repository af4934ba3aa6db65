"""An image over a limit is COMPLETED with the facts of its header, and nothing of it is decoded."""

import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageFile

from shared.analysis import Limits, Source, over_size_gate
from tests.unit.analysis.pictures import Encode, Examine, picture

ROOT = Path(__file__).resolve().parents[3]


def webp_canvas(width: int, height: int) -> bytes:
    """Return a WebP of 30 bytes that says how large it is."""
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + struct.pack("<I", width - 1)[:3]
    body += struct.pack("<I", height - 1)[:3]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def in_child(code: str, data: bytes) -> str:
    """Run code that finds the image on its standard input."""
    head = "import resource, sys; from shared.analysis import *; data = sys.stdin.buffer.read()\n"
    head += "source = Source(container='c', name='n', etag='e', size_bytes=len(data), declared_type=None)\n"
    done = subprocess.run([sys.executable, "-c", head + code], input=data, capture_output=True, check=True, cwd=ROOT)
    return done.stdout.decode().removesuffix("\n")


@pytest.mark.parametrize(
    ("exact", "below", "code"),
    [
        (Limits(max_side_px=40), Limits(max_side_px=39), "too_large_side"),
        (Limits(max_pixels=1200), Limits(max_pixels=1199), "too_many_pixels"),
        (Limits(max_decode_bytes=7200), Limits(max_decode_bytes=7199), "too_much_memory"),
        (Limits(max_progressive_scans=10), Limits(max_progressive_scans=9), "too_many_scans"),
    ],
)
def test_a_limit_is_inclusive_and_has_its_own_code(
    exact: Limits, below: Limits, code: str, encode: Encode, examine: Examine
) -> None:
    data = encode(Image.new("RGB", (40, 30)), "JPEG", progressive=True)
    assert examine(data, limits=exact).report["status"] == "ok"
    over = examine(data, limits=below)
    assert (over.report["status"], over.report["error"]["code"], over.thumbnail) == ("partial", code, None)


def test_a_partial_report_keeps_the_facts_of_the_header(encode: Encode, examine: Examine) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode(Image.new("RGBA", (40, 30)), "WEBP", exif=exif)
    report = examine(data, limits=Limits(max_pixels=1)).report
    assert {"width_px": 40, "display_width_px": 30, "orientation": 6, "has_alpha": True}.items() <= report[
        "image"
    ].items()
    assert report["source"]["mime"] == "image/webp"
    assert not {"color", "hash", "thumbnail"} & report.keys()


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_a_partial_report_states_the_same_facts_as_a_full_one(
    name: str, photo: Image.Image, encode: Encode, examine: Examine
) -> None:
    data = encode(photo, name)
    assert examine(data, limits=Limits(max_pixels=1)).report["image"] == examine(data).report["image"]


@pytest.mark.parametrize(
    ("name", "options", "bytes_per_px"),
    [
        *[("JPEG", {}, 1), ("JPEG", {"progressive": True}, 6), ("PNG", {}, 8), ("WEBP", {}, 16)],
        *[("GIF", {}, 8), ("BMP", {}, 6), ("TIFF", {}, 8), ("AVIF", {}, 10), ("AVIF", {"subsampling": "4:4:4"}, 12)],
    ],
)
def test_decoding_is_estimated_by_format_a_pixel(
    name: str, options: dict[str, bool], bytes_per_px: int, photo: Image.Image, encode: Encode
) -> None:
    data = encode(photo, name, **options)
    assert picture(data).decode_bytes == 451 * 300 * bytes_per_px


def test_the_memory_of_alpha_is_estimated_too(photo: Image.Image, encode: Encode) -> None:
    clear = photo.copy()
    clear.putalpha(photo.convert("L"))
    data = encode(clear, "AVIF")
    assert picture(data).bytes_per_px == 13
    data = (ROOT / "tests" / "data" / "alpha.heic").read_bytes()
    assert picture(data).decode_bytes >= 64 * 48 * 10


@pytest.mark.parametrize("limits", [Limits(max_side_px=1), Limits(max_pixels=1), Limits(max_decode_bytes=1)])
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIC"])
def test_every_limit_is_judged_before_a_pixel_is_decoded(
    name: str, limits: Limits, encode: Encode, examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    heic, plain = ROOT / "tests" / "data" / "turned.heic", Image.new("RGB", (9, 9))
    data = heic.read_bytes() if name == "HEIC" else encode(plain, name)
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _image: pytest.fail("pixels are decoded"))
    assert examine(data, limits=limits).report["status"] == "partial"


@pytest.mark.case("security H2", was="73 s in the host, under its lock")
def test_a_format_is_told_by_a_few_bytes_and_without_an_image_library(photo: Image.Image, encode: Encode) -> None:
    data = encode(photo, "AVIF")
    code = "from shared.analysis import formats\n"
    code += "name = formats.sniff(data[:formats.HEAD_BYTES]).name\n"
    code += "print(name, formats.HEAD_BYTES, {'PIL', 'pi_heif'} & sys.modules.keys())"
    assert in_child(code, data) == "avif 256 set()"


def test_codecs_that_few_images_need_are_loaded_by_the_first_that_needs_one(photo: Image.Image, encode: Encode) -> None:
    tiff, avif = (encode(photo, name) for name in ("TIFF", "AVIF"))
    code = f"for file in (data[:{len(tiff)}], data[{len(tiff)}:{len(tiff + avif)}], data[{len(tiff + avif)}:]):\n"
    code += "    analyze(file, source=source)\n"
    code += "    print(*sorted({'pi_heif', 'PIL.AvifImagePlugin'} & sys.modules.keys()))"
    found = in_child(code, tiff + avif + (ROOT / "tests" / "data" / "turned.heic").read_bytes())
    assert found.splitlines() == ["", "PIL.AvifImagePlugin", "PIL.AvifImagePlugin pi_heif"]


def test_a_progressive_cmyk_jpeg_is_estimated_with_its_fourth_component(photo: Image.Image, encode: Encode) -> None:
    data = encode(photo.convert("CMYK"), "JPEG", progressive=True)
    assert picture(data).bytes_per_px == 8


@pytest.mark.parametrize(("size", "code"), [((12_000, 3000), "too_much_memory"), ((16_384, 16_384), "too_many_pixels")])
def test_a_webp_of_30_bytes_is_judged_before_its_canvas_is_allocated(
    size: tuple[int, int], code: str, examine: Examine
) -> None:
    assert examine(webp_canvas(*size)).report["error"]["code"] == code


def test_a_bomb_of_300_kb_is_partial_and_takes_no_memory(empty_png: Encode) -> None:
    bomb = empty_png((50_000, 50_000), 1, 0, 6250)
    assert len(bomb) < 400_000
    code = "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))  # its pixels would take 2.5 GB\n"
    code += "report = analyze(data, source=source).report\n"
    code += "print(report['error']['code'], report['image']['width_px'])"
    assert in_child(code, bomb) == "too_many_pixels 50000"


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of an address space binds on Linux only")
def test_a_lack_of_memory_passes_through_as_memory_error(empty_png: Encode) -> None:
    code = "from shared.analysis import decode; import PIL.PngImagePlugin\n"
    code += "resource.setrlimit(resource.RLIMIT_AS, (200 << 20, 200 << 20))\n"
    code += "try: analyze(data, source=source)\nexcept MemoryError as error: print(type(error).__name__)"
    assert in_child(code, empty_png((7000, 7000), 8, 2, 21_000)) == "MemoryError"


def test_scans_are_counted_exactly_and_not_in_what_follows_the_image(photo: Image.Image, encode: Encode) -> None:
    data = encode(photo, "JPEG", progressive=True)
    assert picture(data + b"\xff\xda\x00\x02" * 500).scans == 10


def test_full_image_data_chunks_do_not_count_but_crumbs_do(
    photo: Image.Image, encode: Encode, examine: Examine
) -> None:
    whole = encode(photo, "PNG")
    body = b"".join(re.findall(rb"IDAT(.+?).{4}(?=.{4}IEND|.{4}IDAT)", whole, re.DOTALL))

    def cut(size: int) -> bytes:
        parts = [b"IDAT" + body[start : start + size] for start in range(0, len(body), size)]
        chunks = [struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in parts]
        return whole[: whole.index(b"IDAT") - 4] + b"".join(chunks) + whole[-12:]

    limits = Limits(max_png_chunks=3)
    assert examine(cut(1024), limits=limits).report["status"] == "ok"
    assert examine(cut(1023), limits=limits).report["error"]["code"] == "too_many_chunks"


def test_a_png_of_endless_small_chunks_is_partial_at_the_bound(png: Encode, examine: Examine) -> None:
    data = png((1, 1), 8, 0, b"\0", *[(b"tEXt", b"a\0b")] * 5000)
    assert examine(data).report["error"]["code"] == "too_many_chunks"
    assert picture(data).chunks == 1001


def test_the_size_gate_lets_the_limit_pass_and_stops_one_byte_more() -> None:
    source = {"container": "images", "name": "a.jpg", "etag": "0x1", "declared_type": "image/jpeg"}
    limits = Limits(max_bytes=100)
    assert over_size_gate(Source(size_bytes=100, **source), limits) is None
    over = over_size_gate(Source(size_bytes=101, **source), limits)
    assert over is not None
    assert over.report["status"] == "partial"
    assert over.report["error"]["code"] == "too_many_bytes"
    assert over.report["source"]["bytes"] == 101
    assert over.report["timing"] == {"decode_ms": 0, "analyze_ms": 0}


def test_the_defaults_are_those_of_the_design() -> None:
    assert Limits() == Limits(
        max_bytes=64 << 20,
        max_decode_bytes=512_000_000,
        max_pixels=256_000_000,
        max_side_px=65_535,
        max_progressive_scans=100,
        max_png_chunks=1000,
    )
