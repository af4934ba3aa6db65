"""Who is measured. Each makes a thumbnail of 320 px in WebP of a file's bytes; ours does all the rest as well.

What a report costs is that of ``its report alone`` beside the ``decode alone``.
"""

import os
from collections.abc import Callable
from io import BytesIO

EDGE_PX, QUALITY = 320, 80
Work = Callable[[bytes], object]


def darkroom(*, thumbnail: bool = True) -> Work:
    """Our whole analysis: the report, and the thumbnail if it is wanted."""
    from shared import analysis  # noqa: PLC0415 - each contender's process loads its own library alone

    spec = analysis.ThumbnailSpec(long_edge_px=EDGE_PX, quality=QUALITY)
    limits = analysis.Limits(max_decode_bytes=10**10)

    def work(data: bytes) -> object:
        source = analysis.Source(container="bench", name="x", etag="", size_bytes=len(data), declared_type=None)
        found = analysis.analyze(data, source=source, limits=limits, thumbnail=spec if thumbnail else None)
        if found.report["status"] != "ok":
            raise ValueError(found.report["error"]["code"])
        return found

    return work


def bare() -> Work:
    """The decoder alone, a JPEG at the smallest size that our analysis can use."""
    import pi_heif  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    from shared.analysis.decode import reduction  # noqa: PLC0415

    pi_heif.register_heif_opener()

    def work(data: bytes) -> object:
        with Image.open(BytesIO(data)) as image:
            by = reduction(image.size)
            image.draft(None, (image.width // by, image.height // by))
            return image.load()

    return work


def pillow() -> Work:
    """Pillow as its tutorial has it."""
    import pi_heif  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    Image.MAX_IMAGE_PIXELS = None
    pi_heif.register_heif_opener()

    def work(data: bytes) -> object:
        with Image.open(BytesIO(data)) as image:
            image.thumbnail((EDGE_PX, EDGE_PX))
            stream = BytesIO()
            image.convert("RGB").save(stream, "WEBP", quality=QUALITY)
        return stream.getvalue()

    return work


def pyvips() -> Work:
    """libvips, in one thread."""
    os.environ["VIPS_CONCURRENCY"] = "1"
    import pyvips as vips  # noqa: PLC0415

    def work(data: bytes) -> object:
        return vips.Image.thumbnail_buffer(data, EDGE_PX).webpsave_buffer(Q=QUALITY)

    return work


def opencv() -> Work:
    """OpenCV, in one thread."""
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    cv2.setNumThreads(1)

    def work(data: bytes) -> object:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            raise ValueError("not decoded")
        scale = EDGE_PX / max(image.shape)
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        return cv2.imencode(".webp", small, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])

    return work


CONTENDERS: dict[str, Callable[[], Work]] = {
    "darkroom": darkroom,
    "its report alone": lambda: darkroom(thumbnail=False),
    "decode alone": bare,
    "Pillow": pillow,
    "pyvips": pyvips,
    "OpenCV": opencv,
}
