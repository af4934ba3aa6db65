"""The two images of a contest: a small one of about 10 KB, and what a phone makes."""

from functools import lru_cache

from bench.photographs import FORMATS, photograph

#: Width and height; and in how many folders the images are.
FOLDERS = 8
SIZES = {"10 KB": (224, 168), "12 MP": (4000, 3000)}


@lru_cache(maxsize=2)
def image_bytes(size: str) -> bytes:
    """Return a JPEG of a size."""
    return FORMATS["jpeg"](photograph(SIZES[size]))


def names(prefix: str, count: int) -> list[str]:
    """Return so many names of blobs, in folders: Darkroom lets those of a single one wait for others that may come."""
    return [f"{number % FOLDERS}/{prefix}-{number:05}.jpg" for number in range(count)]
