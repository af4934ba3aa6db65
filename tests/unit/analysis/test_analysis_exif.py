"""What a report says of EXIF."""

from collections.abc import Callable

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from shared.analysis import Analysis, text

Examine = Callable[..., Analysis]
Encoded = Callable[..., bytes]
PICTURE = {0x010F: "Canon", 0x0110: "EOS R6", 0x0131: "Darktable 4.6"}
SHOT = {
    0x9003: "2024:06:21 23:59:58",
    0x9011: "+02:00",
    0xA434: "RF 50mm F1.8",
    0x8827: 3200,
    0xA405: 80,
    0x829A: IFDRational(1, 200),
    0x829D: IFDRational(18, 10),
    0x920A: IFDRational(50, 1),
}
TOLD = {
    "make": "Canon",
    "model": "EOS R6",
    "lens": "RF 50mm F1.8",
    "software": "Darktable 4.6",
    "taken_at": "2024-06-21T23:59:58",
    "taken_at_offset": "+02:00",
    "exposure_s": 0.005,
    "f_number": 1.8,
    "iso": 3200,
    "focal_mm": 50.0,
    "focal_35mm": 80,
}


def block() -> bytes:
    exif = Image.Exif()
    exif.update(PICTURE)
    exif.get_ifd(0x8769).update(SHOT)
    return exif.tobytes()


def test_a_photograph_tells_how_and_when_it_was_taken(photo: Image.Image, encoded: Encoded, examine: Examine) -> None:
    for name in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF"):
        assert examine(encoded(photo, name, exif=block())).report["exif"] == TOLD


def test_a_text_that_is_cut_off_within_a_character_stays_utf_8() -> None:
    assert text.decoded("xé".encode()[:-1], cut_at=2) == "x"
    assert text.decoded("xé".encode()[:-1], cut_at=9) == "xÃ"
