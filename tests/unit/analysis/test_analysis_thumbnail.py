from io import BytesIO

import pytest
from PIL import Image

from shared.analysis.interface import ThumbnailSpec
from shared.analysis.thumbnail import render

NOISE = Image.effect_noise((640, 480), 90).convert("RGB")  # nothing compresses it


@pytest.mark.parametrize("name", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("most", [65_536, 9_000, 900])
def test_a_thumbnail_that_is_too_large_is_made_smaller_until_it_fits(name: str, most: int) -> None:
    made = render(NOISE, ThumbnailSpec(format=name, quality=95, max_bytes=most))
    assert len(made.data) <= most
    with Image.open(BytesIO(made.data)) as opened:
        assert opened.size == (made.width_px, made.height_px)
    assert abs(made.width_px * 3 - made.height_px * 4) <= 4  # its proportions, as far as whole pixels have them


def test_a_thumbnail_that_fits_is_as_large_as_was_asked_for() -> None:
    free = render(NOISE, ThumbnailSpec(format="webp"))
    assert render(NOISE, ThumbnailSpec(format="webp", max_bytes=len(free.data))) == free


def test_what_can_never_fit_ends_at_one_pixel() -> None:
    made = render(NOISE, ThumbnailSpec(format="png", max_bytes=1))
    assert max(made.width_px, made.height_px) == 1
