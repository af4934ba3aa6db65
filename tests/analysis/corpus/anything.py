"""Files of no format, of several at once, and of formats that aren't wanted."""

import zipfile
from io import BytesIO

from tests.analysis.corpus import gif, jpeg, png
from tests.analysis.corpus.kinds import UNSUPPORTED, Hostile, files, files_with
from tests.analysis.corpus.originals import encode, scene, stills

_NONE = frozenset({UNSUPPORTED})
_LITTLE = frozenset({UNSUPPORTED, "corrupt_image", "empty_blob"})


def archive() -> bytes:
    """Return a ZIP file."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        opened.writestr("a.txt", "a" * 1000)
    return stream.getvalue()


SCRIPT = b"*/=1;alert(1);/*"
PDF = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 1 0 R/Kids[1 0 R]>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF"

UNWANTED = {
    "PDF": PDF,
    "SVG": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script/></svg>',
    "SVG of laughs": b'<!DOCTYPE svg [<!ENTITY a "ha">]><svg>' + b"&a;" * 10_000 + b"</svg>",
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n",
    "EPS of Windows": b"\xc5\xd0\xd3\xc6" + bytes(99),
    "PSD": b"8BPS\0\1" + bytes(6) + b"\0\3\xff\xff\xff\xff\xff\xff\xff\xff\0\x08\0\3" + bytes(99),
    "JXL": b"\xff\x0a\xfa\x7f\x01",
    "JXL in boxes": b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(99),
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(99),
    "ICO": b"\0\0\1\0\1\0" + bytes(16),
    "XCF": b"gimp xcf v011\0" + b"\xff" * 99,
    "FLI": bytes(4) + b"\x11\xaf" + bytes(122),
    "PPM": b"P6 99999 99999 255\n",
    "XBM": b"#define a_width 99999\n#define a_height 99999\nstatic char a[] = {0xff};",
    "QOI": b"qoif\xff\xff\xff\xff\xff\xff\xff\xff\4\0",
    "HTML": b"<!doctype html><img src=x onerror=alert(1)>",
    "ELF": b"\x7fELF\2\1\1" + bytes(99),
    "pickle": b"cos\nsystem\n(S'true'\ntR.",
    "zeros": bytes(1_000_000),
    "ones": b"\xff" * 1_000_000,
    "text": b"cat" * 1000,
}

#: What files begin with.
MAGIC = {
    "JPEG": b"\xff\xd8\xff",
    "JPEG and a marker": b"\xff\xd8\xff\xe0",
    "PNG": b"\x89PNG\r\n\x1a\n",
    "WebP": b"RIFF\0\0\0\0WEBP",
    "GIF": b"GIF89a",
    "old GIF": b"GIF87a",
    "BMP": b"BM",
    "TIFF": b"II*\0",
    "TIFF of Motorola": b"MM\0*",
    "BigTIFF": b"II+\0",
    "AVIF": b"\0\0\0\x18ftypavif",
    "HEIC": b"\0\0\0\x18ftypheic",
}

FILES: list[Hostile] = [
    *files_with("unwanted", lambda body: body, UNWANTED, _NONE),
    *files_with("magic", lambda body: body, MAGIC, _LITTLE),
    *files_with("magic and zeros", lambda body: body + bytes(5000), MAGIC, _LITTLE),
    *files_with("magic and ones", lambda body: body + b"\xff" * 5000, MAGIC, _LITTLE),
    *files_with("bytes", bytes, {str(value): (value,) for value in (0, 10, 66, 71, 73, 77, 255)}, _NONE),
    *files("bytes", {"none": lambda: b""}, frozenset({"empty_blob"})),
    *files("two at once", {
        "JPEG and ZIP": lambda: jpeg.photo() + archive(),
        "JPEG and JPEG": lambda: jpeg.photo() + jpeg.flat(16_000, 15_900),
        "JPEG that is a PDF": lambda: jpeg.with_segments(jpeg.segment(0xFE, PDF)),
        "JPEG and 20 MB": lambda: jpeg.photo() + b"\xff" * 20_000_000,
        "PNG and HTML": lambda: png.png() + UNWANTED["HTML"],
        "PNG and PNG": lambda: png.png() + png.black(50_000, 50_000, 1, 0),
        "PNG in a JPEG's comment": lambda: jpeg.with_segments(jpeg.segment(0xFE, png.png())),
        "JPEG in a PNG's chunk": lambda: png.png(png.chunk(b"juNk", jpeg.photo())),
        "WebP and ZIP": lambda: stills()["webp lossy"] + archive(),
    }, frozenset({"ok"})),
    *files("two at once", {
        "GIF and JavaScript": lambda: b"GIF89a" + SCRIPT[:7] + gif.screen(9, 9)[13:] + SCRIPT + gif.ONE + gif.END,
        "BMP and JavaScript": lambda: b"BM=1/*" + bytes(99) + b"*/;alert(1)",
        "TIFF and ZIP": lambda: encode(scene(), "TIFF") + archive(),
        "TIFF and PDF": lambda: encode(scene(), "TIFF") + PDF,
        "ZIP that begins as a GIF": lambda: b"GIF89a" + archive(),
    }, frozenset({"ok", "corrupt_image", "too_many_pixels", "too_much_memory", UNSUPPORTED})),
    *files_with("wrong beginning", lambda data: data, {
        f"{name} without {cut} bytes": data[cut:] for cut in (1, 4) for name, data in stills().items()
    }, _LITTLE),
]  # fmt: skip
