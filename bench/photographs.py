"""Large photographs in every format, made from a small one: scaled up, and grained as a sensor does it.

Without the grain a scaled image has next to no detail, and its Huffman codes would be decoded in a third of the time.
"""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "rocket.jpg"
#: By megapixels: width and height.
SIZES = {12: (4000, 3000), 48: (8000, 6000)}
#: Standard deviation of the grain, and its share: 12 MP then have about 3 MB as a JPEG, as a phone's do.
GRAIN, SHARE = 60.0, 0.2


def photograph(size: tuple[int, int]) -> Image.Image:
    """Make a photograph of a size."""
    with Image.open(SAMPLE) as sample:
        large = sample.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    grain = Image.merge("RGB", [Image.effect_noise(size, GRAIN) for _ in range(3)])
    return Image.blend(large, grain, SHARE)


def _pillow(name: str, **options: Any) -> Callable[[Image.Image], bytes]:  # noqa: ANN401 - an encoder's options
    def encode(image: Image.Image) -> bytes:
        stream = BytesIO()
        image.save(stream, name, **options)
        return stream.getvalue()

    return encode


def _heic(image: Image.Image) -> bytes:
    """Encode in one piece, of less than 16 MiB at 48 MP as well: libde265 1.1 gives up on a larger one."""
    import pillow_heif  # noqa: PLC0415 - of the group bench, and this format's alone

    stream = BytesIO()
    pillow_heif.from_pillow(image).save(stream, quality=45)
    return stream.getvalue()


FORMATS: dict[str, Callable[[Image.Image], bytes]] = {
    "jpeg": _pillow("JPEG", quality=85),
    "jpeg progressive": _pillow("JPEG", quality=85, progressive=True),
    "png": _pillow("PNG"),
    "webp": _pillow("WEBP", quality=80),
    "tiff": _pillow("TIFF", compression="tiff_lzw"),
    "bmp": _pillow("BMP"),
    "gif": _pillow("GIF"),
    "avif": _pillow("AVIF", quality=60, speed=9),
    "heic": _heic,
}
