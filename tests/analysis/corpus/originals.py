"""Real files of every format, to be cut, bent and spliced."""

from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, ImageFilter, features

from tests.conftest import SAMPLES


def encode(image: Image.Image, name: str, **options: Any) -> bytes:  # noqa: ANN401 - an encoder's options
    """Encode with Pillow."""
    stream = BytesIO()
    image.save(stream, name, **options)
    return stream.getvalue()


@cache
def scene() -> Image.Image:
    """Draw 96 × 64 pixels with detail, the same in every run."""
    noise = Image.effect_mandelbrot((96, 64), (-2.0, -1.2, 0.8, 1.2), 60)
    bands = [noise, Image.linear_gradient("L").resize(noise.size), noise.filter(ImageFilter.CONTOUR)]
    return Image.merge("RGB", bands)


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif.update({0x0112: 6, 0x010F: "Make", 0x0110: "Model", 0x0132: "2024:01:02 03:04:05"})
    exif.get_ifd(0x8769).update({0x829A: 0.01, 0x9003: "2024:01:02 03:04:05"})
    exif.get_ifd(0x8825).update({1: "N", 2: (1.0, 2.0, 3.0), 3: "E", 4: (4.0, 5.0, 6.0)})
    return exif


def _with_all() -> dict[str, Any]:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return {"exif": _exif().tobytes(), "icc_profile": profile}


@cache
def stills() -> dict[str, bytes]:
    """Return files of one image each, whose last bytes are the image's."""
    image, alpha = scene(), scene().convert("RGBA")
    alpha.putalpha(scene().getchannel("G"))
    made = {
        "jpeg baseline": encode(image, "JPEG", **_with_all()),
        "jpeg progressive": encode(image, "JPEG", progressive=True),
        "jpeg cmyk": encode(image.convert("CMYK"), "JPEG"),
        "jpeg grey with restarts": encode(image.convert("L"), "JPEG", restart_marker_blocks=2),
        "png rgb": encode(image, "PNG", **_with_all()),
        "png rgba": encode(alpha, "PNG"),
        "png palette": encode(image.quantize(16), "PNG", transparency=3),
        "png 16 bits": encode(image.convert("I").convert("I;16"), "PNG"),
        "png bilevel": encode(image.convert("1"), "PNG"),
        "webp lossy": encode(image, "WEBP"),
        "webp lossless": encode(alpha, "WEBP", lossless=True),
        "webp alpha": encode(alpha, "WEBP", quality=40),
        "gif": encode(image.quantize(64), "GIF"),
        "gif interlaced": encode(image.quantize(16), "GIF", interlace=1),
        "bmp rgb": encode(image, "BMP"),
        "bmp palette": encode(image.quantize(16), "BMP"),
    }
    return made | _tiffs(image, alpha) | _avifs(image, alpha)


def _tiffs(image: Image.Image, alpha: Image.Image) -> dict[str, bytes]:
    """Encode with each compression; libtiff may write the directory last, and it is what a cut loses then."""
    kinds = ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")
    made = {f"tiff {kind}": encode(image, "TIFF", compression=kind) for kind in kinds}
    return made | {
        "tiff group4": encode(image.convert("1"), "TIFF", compression="group4"),
        "tiff rgba": encode(alpha, "TIFF", **_with_all()),
        "tiff float": encode(image.convert("F"), "TIFF"),
        "tiff 16 bits": encode(image.convert("I").convert("I;16"), "TIFF"),
        "tiff cmyk": encode(image.convert("CMYK"), "TIFF", compression="tiff_lzw"),
    }


def _avifs(image: Image.Image, alpha: Image.Image) -> dict[str, bytes]:
    if not features.check("avif"):
        return {}
    return {"avif": encode(image, "AVIF", speed=10, **_with_all()), "avif alpha": encode(alpha, "AVIF", speed=10)}


@cache
def moving() -> dict[str, bytes]:
    """Return files of several images each: what is cut off may be another than the first."""
    frames = [scene().rotate(angle) for angle in (0, 90, 180)]
    options: dict[str, Any] = {"save_all": True, "append_images": frames[1:]}
    return {
        "png animated": encode(frames[0], "PNG", **options),
        "webp animated": encode(frames[0], "WEBP", **options),
        "gif animated": encode(frames[0].quantize(32), "GIF", **options),
        "tiff of pages": encode(frames[0], "TIFF", **options),
        "mpo": encode(frames[0], "MPO", **options),
    }


def photographs() -> Iterator[tuple[str, bytes]]:
    """Yield the photographs of the samples, by name."""
    for path in sorted(SAMPLES.iterdir()):
        if path.suffix in (".jpg", ".png", ".webp"):
            yield path.name, path.read_bytes()


@cache
def originals() -> dict[str, bytes]:
    """Return all of them."""
    return {**stills(), **moving(), **dict(photographs())}
